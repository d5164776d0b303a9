import FoundationEssentials

/// The credentials of the client that may send mail; without a user every client may, with any credentials.
struct SMTPCredentials: Sendable {
    let user: String?
    let password: String?

    func accepts(user: String, password: String) -> Bool {
        guard let expected = self.user else { return true }
        return user == expected && password == self.password
    }

    /// Whether a PLAIN response has this user and password (RFC 4616: identity, NUL, user, NUL, password, in base64).
    func acceptsPlain(_ response: String) -> Bool {
        guard let text = Self.decoded(response) else { return false }
        let parts = text.split(separator: "\0", omittingEmptySubsequences: false)
        return parts.count == 3 && accepts(user: String(parts[1]), password: String(parts[2]))
    }

    static func decoded(_ base64: String) -> String? {
        Data(base64Encoded: base64).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
