import Contracts
import Platform

/// A request that cannot be answered as it was meant, as a problem document (RFC 9457).
struct Problem: Error, Sendable {
    let status: Int
    /// The last part of its `type`.
    let type: String
    let title: String
    var detail = ""
    /// The member of the body or parameter that is to blame.
    var field: String?
    var headers: [(name: String, value: String)] = []

    private struct Document: Encodable {
        let type: String
        let title: String
        let status: Int
        let detail: String?
        let field: String?
    }

    /// The document; identifiers of types are relative to the console's own.
    var response: WebResponse {
        let document = Document(
            type: "/problems/\(type)", title: title, status: status, detail: detail.isEmpty ? nil : detail, field: field)
        let body = (try? WireCoding.encodeJSON(document)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        return WebResponse(status, type: "application/problem+json", headers: headers, body: body)
    }

    static let stranger = Problem(
        status: 401, type: "not-signed-in", title: "Who are you?", detail: "Send a token of CONSOLE_TOKENS as Authorization: Bearer.",
        headers: [("WWW-Authenticate", "Bearer")])

    static func forbidden(_ permission: Permission, _ actor: Actor) -> Problem {
        Problem(
            status: 403, type: "not-allowed", title: "Not allowed",
            detail: "This needs the role \(permission.role.rawValue); \(actor.name) is \(actor.role.rawValue).")
    }

    static let foreignForm = Problem(
        status: 403, type: "old-page", title: "The page was old", detail: "It belongs to another session. Reload it and press again.")

    static func missing(_ what: String) -> Problem { Problem(status: 404, type: "not-found", title: "Not found", detail: "There is no \(what).") }

    static func invalid(_ field: String, _ detail: String) -> Problem {
        Problem(status: 400, type: "invalid", title: "The request is not valid", detail: detail, field: field)
    }

    static func unavailable(_ detail: String) -> Problem {
        Problem(status: 503, type: "unavailable", title: "Not possible right now", detail: detail, headers: [("Retry-After", "10")])
    }
}
