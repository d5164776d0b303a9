import Curl
import Logging

/// Checks over HTTP whether a process of this machine is healthy, for a container's health check.
public enum HealthProbe {
    /// The time limit in seconds for connecting, sending and receiving together.
    private static let limit = 3

    /// Sends the request and returns the problem.
    /// - Parameters:
    ///   - host: The address that the process listens on; a wildcard address means this machine.
    ///   - path: The path to request.
    /// - Returns: nil when the status is 200; otherwise the problem, in one line.
    public static func problem(host: String, port: Int, path: String) async -> String? {
        let address = ["0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host
        var request = HTTPRequest(url: "http://\(address.contains(":") ? "[\(address)]" : address):\(port)\(path)")
        request.timeout = .seconds(limit)
        request.usesProxy = false
        let web = CurlClient(logger: Logger(label: "health") { _ in SwiftLogNoOpLogHandler() })
        let response = try? await web.send(request)
        await web.close()
        guard let response else { return "nobody answers at \(address):\(port) within \(limit) s" }
        return response.status == 200 ? nil : "\(path) answers with status \(response.status)"
    }
}
