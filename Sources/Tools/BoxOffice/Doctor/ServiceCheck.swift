import Curl
import FoundationEssentials
import Migrations
import Platform

/// Checks that each service answers and reports itself ready.
///
/// The address is `<SERVICE>_HTTP_URL` (`PAYMENTS_HTTP_URL=http://payments:8080`; several replicas separated by commas)
/// or `<SERVICE>_HTTP_PORT` on this machine, as `make up` writes it to `.run/env`.
struct ServiceCheck: Sendable {
    /// Longer than a service takes to report what it waits for.
    private static let timeout = Duration.seconds(5)

    let settings: Settings

    func results() async -> [CheckResult] {
        let web = CurlClient(logger: Connections.silent)
        let services = Domain.all.map(\.service)
        let found = await withTaskGroup(of: (String, [CheckResult]).self) { group in
            for service in services { group.addTask { (service, await results(of: service, web)) } }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        await web.close()
        return services.flatMap { found[$0] ?? [] }
    }

    private func results(of service: String, _ web: CurlClient) async -> [CheckResult] {
        let what = "service \(service)"
        do throws(ConfigurationError) {
            let addresses = try addresses(of: service)
            guard !addresses.isEmpty else {
                let names = "\(Domain.variable("HTTP_PORT", of: service)) and \(Domain.variable("HTTP_URL", of: service))"
                return [.skip(what, "where it answers is not known: \(names) are not set")]
            }
            var results: [CheckResult] = []
            for address in addresses { results.append(await ask(address, of: service, web)) }
            return results
        } catch {
            return [.fail(what, "\(error)")]
        }
    }

    private func addresses(of service: String) throws(ConfigurationError) -> [String] {
        let name = Domain.variable("HTTP_URL", of: service)
        let addresses = settings.list(name)
        for address in addresses where !address.hasPrefix("http://") && !address.hasPrefix("https://") {
            throw ConfigurationError(name, "is \"\(address)\", but must be an http:// or https:// address")
        }
        guard addresses.isEmpty else { return addresses.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 } }
        let port = try settings.value(.integer(Domain.variable("HTTP_PORT", of: service), default: 0, in: 0...65535, "where the service answers"))
        guard port > 0 else { return [] }
        // A service that listens on all addresses answers on this one.
        switch settings.string(Domain.variable("HTTP_HOST", of: service)) ?? settings.string("HTTP_HOST") ?? "127.0.0.1" {
        case "0.0.0.0": return ["http://127.0.0.1:\(port)"]
        case "::": return ["http://[::1]:\(port)"]
        case let host: return ["http://\(host.contains(":") ? "[\(host)]" : host):\(port)"]
        }
    }

    private func ask(_ address: String, of service: String, _ web: CurlClient) async -> CheckResult {
        let what = "service \(service)"
        var request = HTTPRequest(url: "\(address)/readyz")
        request.timeout = Self.timeout
        // The console tells strangers nothing.
        if service == "console", let token = try? settings.secret("CONSOLE_TOKEN") { request.headers["Authorization"] = "Bearer \(token)" }
        do {
            let response = try await web.send(request)
            let said = String(decoding: response.body.prefix(500), as: UTF8.self)
            switch response.status {
            case 200: return .ok(what, "\(address) is ready")
            case 503: return .fail(what, "\(address) is not ready: \(said)")
            default: return .fail(what, "\(address) answers with status \(response.status), as no service does: is the address right?")
            }
        } catch {
            return .fail(what, "\(address) does not answer (\(error)): start it, or see the last line of its log")
        }
    }
}
