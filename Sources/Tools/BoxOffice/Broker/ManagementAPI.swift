import Curl
import FoundationEssentials
import Platform

/// The HTTP API of RabbitMQ's management plugin for users and permissions. Endpoints that RabbitMQ 4.x removed are not
/// used.
struct ManagementAPI: Sendable {
    /// The setting with its address.
    static let variable = "AMQP_MANAGEMENT_URL"
    /// The address of the API.
    static let url = Setting.secret(variable, "RabbitMQ's management API, as an administrator: http://operator@host:15672")
    /// The administrator's password.
    static let password = Setting.secret(
        "AMQP_MANAGEMENT_PASSWORD", "password of the user in AMQP_MANAGEMENT_URL, in place of one that stands there", .optional)

    /// Host and port, for people.
    let place: String
    /// The user of the requests.
    let user: String
    private let base: String
    private let authorization: String
    private let web: CurlClient

    /// The API of ``url`` and ``password``.
    /// - Throws: a ``ConfigurationError`` that does not contain the password.
    init(_ settings: Settings, web: CurlClient) throws(ConfigurationError) {
        guard let url = URL(string: try settings.value(Self.url)), let scheme = url.scheme, ["http", "https"].contains(scheme), let host = url.host(),
            !host.isEmpty
        else {
            throw ConfigurationError(Self.variable, "is wrong: it must be http://user:password@host:15672")
        }
        guard let user = url.user(percentEncoded: false), !user.isEmpty else {
            throw ConfigurationError(Self.variable, "is wrong: it has no user (http://user:password@host:15672)")
        }
        guard let password = try settings.optional(Self.password) ?? url.password(percentEncoded: false) else {
            throw ConfigurationError(Self.variable, "is wrong: it has no password, and AMQP_MANAGEMENT_PASSWORD is not set (nor is its _FILE)")
        }
        let port = url.port ?? (scheme == "https" ? 15671 : 15672)
        self.user = user
        self.web = web
        place = "\(host):\(port)"
        let path = url.path(percentEncoded: true)
        base = "\(scheme)://\(host):\(port)" + (path.hasSuffix("/") ? String(path.dropLast()) : path) + "/api"
        authorization = "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    /// The API cannot be reached now, for this reason; it may be reachable later.
    struct Unavailable: Error { let reason: String }

    /// `GET /api/<path>`.
    /// - Throws: ``Unavailable``; a ``ConfigurationError`` when a retry cannot succeed; a ``Failure``.
    func get<T: Decodable>(_ path: [String], as type: T.Type = T.self) async throws -> T {
        let response = try await send(.get, path)
        do {
            return try response.json()
        } catch {
            throw ConfigurationError(Self.variable, "does not work: \(place) does not answer as RabbitMQ's management API")
        }
    }

    /// `PUT /api/<path>` with a JSON object.
    func put(_ path: [String], _ object: [String: String]) async throws { try await send(.put, path, body: try JSONEncoder().encode(object)) }

    /// `DELETE /api/<path>`; succeeds if there is nothing to delete.
    func delete(_ path: [String]) async throws { try await send(.delete, path) }

    @discardableResult
    private func send(_ method: HTTPMethod, _ path: [String], body: Data? = nil) async throws -> HTTPResponse {
        var request = HTTPRequest(method, url: ([base] + path.map(\.urlEscaped)).joined(separator: "/"), headers: ["Authorization": authorization])
        if let body {
            request.headers["Content-Type"] = "application/json"
            request.body = [UInt8](body)
        }
        let response: HTTPResponse
        do {
            response = try await web.send(request)
        } catch  where error.isTransient {
            throw Unavailable(reason: "\(error)")
        } catch {
            throw ConfigurationError(Self.variable, "does not work: \(error)")
        }
        switch response.status {
        case 200..<300: return response
        case 404 where method == .delete: return response
        case 401, 403:
            throw ConfigurationError(
                Self.variable,
                "does not work: the broker at \(place) refuses the user \(user) (\(Self.reason(of: response))). It needs the tag administrator and the "
                    + "password that the broker knows; a volume keeps the one that it was made with")
        case 500...: throw Unavailable(reason: "status \(response.status)")
        case 404 where method == .get:
            throw ConfigurationError(Self.variable, "does not work: \(place) does not answer as RabbitMQ's management API (status 404)")
        default:
            throw Failure("the broker at \(place) refuses \(method.rawValue) \(path.joined(separator: "/")): \(Self.reason(of: response))")
        }
    }

    /// RabbitMQ's description of an error.
    private static func reason(of response: HTTPResponse) -> String {
        struct Problem: Decodable { let reason: String }
        return (try? response.json(as: Problem.self))?.reason ?? "status \(response.status)"
    }
}
