import Curl
import FoundationEssentials
import Platform

/// Checks that the external services answer at all. The content of the answer does not matter (the addresses are bases,
/// not pages) unless they refuse our key.
struct ExternalServicesCheck: Sendable {
    let settings: Settings
    private static let bytemark = Setting.url("BYTEMARK_URL", "Bytemark's API")
    private static let gateway = Setting.url("PAYMENT_GATEWAY_URL", "the payment gateway")

    func results() async -> [CheckResult] {
        let web = CurlClient(logger: Connections.silent)
        var results: [CheckResult] = []
        for setting in [Self.bytemark, PushSettings.url] { results.append(await http(setting, "", web)) }
        // A transaction that does not exist: the gateway only looks it up.
        results.append(await http(Self.gateway, "/transaction/verify/boxoffice-doctor", key: "PAYMENT_GATEWAY_KEY", web))
        await web.close()
        results.append(await mail())
        return results
    }

    private func http(_ setting: Setting<String>, _ path: String, key: String? = nil, _ web: CurlClient) async -> CheckResult {
        let variable = setting.description.name
        do {
            guard let url = try settings.optional(setting) else { return .skip(variable, "is not set") }
            var request = HTTPRequest(url: url + path)
            request.timeout = .seconds(5)
            if let key { request = request.authorization(bearer: try settings.value(.secret(key, "", .required))) }
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

    private func mail() async -> CheckResult {
        do {
            guard let host = try settings.optional(MailSettings.host) else { return .skip("SMTP_HOST", "is not set") }
            let port = try settings.value(MailSettings.port)
            return .ok("SMTP_HOST", "\(host):\(port) greets: \(try await SMTPGreeting.of(host: host, port: port))")
        } catch {
            return .fail("SMTP_HOST", "\(error)")
        }
    }
}
