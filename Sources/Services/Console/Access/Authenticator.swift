import Contracts
import Digests
import FoundationEssentials
import Platform

/// Finds out who makes a request.
struct Authenticator: Sendable {
    static let url = Setting.url("CONSOLE_URL", "the address by which browsers reach the console; https:// makes cookies insist on it", .optional)

    let tokens: AccessTokens
    let cookie: SessionCookie
    private let addresses: ClientAddress

    init(_ settings: Settings) throws(ConfigurationError) {
        tokens = try AccessTokens(settings)
        addresses = try ClientAddress(settings)
        cookie = SessionCookie(isSecure: try settings.optional(Self.url)?.hasPrefix("https://") ?? false)
    }

    /// Where a request comes from.
    func address(of request: WebRequest) -> String { addresses.of(request) }

    /// The token of the session that a request belongs to, if it may be one.
    func sessionToken(of request: WebRequest) -> String? { request.cookie(cookie.name) }

    /// Who makes a request; nil for a stranger. A cookie that is cut, old or of somebody else is no cookie.
    func actor(of request: WebRequest, _ runtime: ServiceRuntime) async throws -> Actor? {
        if let owner = tokenOwner(of: request) {
            return Actor(name: owner.name, role: owner.role, address: address(of: request), formToken: nil)
        }
        guard request.header("authorization") == nil, let token = sessionToken(of: request), let digest = SessionCookie.digest(of: token),
            let session = try await SessionStore.find(digest, runtime)
        else { return nil }
        return Actor(name: session.account, role: session.role, address: address(of: request), formToken: SessionCookie.formToken(of: token))
    }

    /// The owner of the bearer token of a request.
    func tokenOwner(of request: WebRequest) -> (name: String, role: Role)? {
        guard let header = request.header("authorization"), header.lowercased().hasPrefix("bearer ") else { return nil }
        return tokens.owner(of: header.dropFirst("bearer ".count).filter { $0 != " " })
    }

    /// Whether a request that changes something was made by a page of ours, or by a program with a token.
    func isOurs(_ request: WebRequest, _ actor: Actor) -> Bool {
        guard let expected = actor.formToken else { return true }
        let sent = request.header("x-form-token") ?? request.field("form") ?? ""
        // Digests are compared: the time says nothing of how much is right.
        return Digest.sha256(Array(sent.utf8)) == Digest.sha256(Array(expected.utf8))
            && request.isFromThisSite
    }
}

extension WebRequest {
    /// Whether no page of another site made it, as far as the browser says (Fetch Metadata).
    var isFromThisSite: Bool { ["same-origin", "none", nil].contains(header("sec-fetch-site")) }
}
