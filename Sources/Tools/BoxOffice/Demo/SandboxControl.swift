import Contracts
import Curl
import FoundationEssentials
import Platform

/// A client for the control API of the sandbox at `SANDBOX_URL`.
struct SandboxControl: Sendable {
    private let url: String
    private let web: CurlClient

    /// Runs the body with the sandbox; with nil when there is none.
    static func open<T: Sendable>(_ body: (SandboxControl?) async throws -> T) async throws -> T {
        let settings = Settings.environment()
        guard let url = try settings.optional(.url("SANDBOX_URL", "the sandbox", .optional)) else { return try await body(nil) }
        let sandbox = SandboxControl(url: url, web: CurlClient(logger: Connections.silent))
        let result: Result<T, any Error>
        do {
            result = .success(try await body(sandbox))
        } catch {
            result = .failure(error)
        }
        await sandbox.web.close()
        return try result.get()
    }

    /// `POST /_sandbox/<path>`.
    func order(_ path: String, _ order: some Encodable) async throws {
        let request = HTTPRequest(
            .post, url: "\(url)/_sandbox/\(path)", headers: ["Content-Type": "application/json"], body: try WireCoding.encodeJSON(order))
        let response: HTTPResponse
        do {
            response = try await web.send(request)
        } catch {
            throw Failure("the sandbox of SANDBOX_URL does not answer: \(error)")
        }
        guard (200..<300).contains(response.status) else {
            throw Failure("the sandbox refuses \(path): \(response.status) \(String(decoding: response.body, as: UTF8.self))")
        }
    }
}
