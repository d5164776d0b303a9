import Contracts
import Digests
import FoundationEssentials

/// The cookie of somebody who is signed in: a random token, of which the database has the digest. There is nothing to
/// sign, so several consoles need no secret in common, and a row that is removed ends a session everywhere.
struct SessionCookie: Sendable {
    /// How long a session that nobody uses lasts, and any.
    static let idle: TimeInterval = 3600
    static let longest: TimeInterval = 12 * 3600

    /// Whether browsers reach the console by TLS.
    let isSecure: Bool

    /// Another product on the same host has other names; `__Host-` makes browsers insist on TLS, this host and the path /.
    var name: String { isSecure ? "__Host-boxoffice-console" : "boxoffice-console" }

    /// A fresh token.
    static func newToken() -> String {
        var generator = SystemRandomNumberGenerator()
        return Hexadecimal.text((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    /// The key of the session in the database; nil for a text that is no token.
    static func digest(of token: String) -> [UInt8]? {
        guard token.utf8.count == 64, token.utf8.allSatisfy(Hexadecimal.isDigit) else { return nil }
        return Digest.sha256(Array(token.utf8))
    }

    /// What forms of the session send along: who does not have the cookie cannot know it.
    static func formToken(of token: String) -> String { Digest.sha256.hexadecimal(Array("form \(token)".utf8)) }

    /// `Set-Cookie` of a new session.
    func begin(_ token: String) -> (name: String, value: String) { ("Set-Cookie", "\(name)=\(token); \(attributes)") }

    /// `Set-Cookie` at the end of a session.
    var end: (name: String, value: String) { ("Set-Cookie", "\(name)=; Max-Age=0; \(attributes)") }

    private var attributes: String { "Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "") }
}
