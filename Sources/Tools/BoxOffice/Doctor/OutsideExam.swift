import Curl
import FoundationEssentials
import Platform

/// Whether the services outside answer at all. What they answer does not matter (the addresses are bases, not pages) unless they refuse our key.
struct OutsideExam: Sendable {
    let settings: Settings

    func findings() async -> [Finding] {
        let web = CurlClient(logger: Wires.silent)
        var findings: [Finding] = []
        for variable in ["BYTEMARK_URL", "PUSH_URL"] { findings.append(await http(variable, "", web)) }
        // A transaction that nobody has: the gateway only looks it up.
        findings.append(await http("PAYMENT_GATEWAY_URL", "/transaction/verify/boxoffice-doctor", key: "PAYMENT_GATEWAY_KEY", web))
        await web.close()
        findings.append(await mail())
        return findings
    }

    private func http(_ variable: String, _ path: String, key: String? = nil, _ web: CurlClient) async -> Finding {
        guard settings.string(variable) != nil else { return .skip(variable, "is not set") }
        do {
            let url = try settings.url(variable)
            var request = HTTPRequest(url: url + path)
            request.timeout = .seconds(5)
            if let key { request = request.authorization(bearer: try settings.requiredSecret(key)) }
            let response = try await web.send(request)
            if let key, response.status == 401 || response.status == 403 {
                return .fail(variable, "\(url) does not take \(key) (status \(response.status))")
            }
            return .ok(variable, "\(url) answers (status \(response.status))")
        } catch let error as ConfigurationError {
            return .fail(variable, error.variable == variable ? error.problem : "\(error)")
        } catch {
            return .fail(variable, "\(error)")
        }
    }

    private func mail() async -> Finding {
        guard let host = settings.string("SMTP_HOST") else { return .skip("SMTP_HOST", "is not set") }
        do {
            let port = try settings.integer("SMTP_PORT", default: 587, in: 1...65535)
            return .ok("SMTP_HOST", "\(host):\(port) greets: \(try await SMTPGreeting.of(host: host, port: port))")
        } catch {
            return .fail("SMTP_HOST", "\(error)")
        }
    }
}
