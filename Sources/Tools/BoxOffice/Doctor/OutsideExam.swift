import Curl
import FoundationEssentials
import Platform

/// Whether the services outside answer at all. What they answer does not matter: the addresses are bases, not pages.
struct OutsideExam: Sendable {
    let settings: Settings

    func findings() async -> [Finding] {
        let web = CurlClient(logger: Wires.silent)
        var findings: [Finding] = []
        for variable in ["BYTEMARK_URL", "PUSH_URL", "PAYMENT_GATEWAY_URL"] { findings.append(await http(variable, web)) }
        await web.close()
        findings.append(await mail())
        return findings
    }

    private func http(_ variable: String, _ web: CurlClient) async -> Finding {
        guard settings.string(variable) != nil else { return .skip(variable, "is not set") }
        do {
            let url = try settings.url(variable)
            var request = HTTPRequest(url: url)
            request.timeout = .seconds(5)
            let response = try await web.send(request)
            return .ok(variable, "\(url) answers (status \(response.status))")
        } catch let error as ConfigurationError {
            return .fail(variable, error.problem)
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
