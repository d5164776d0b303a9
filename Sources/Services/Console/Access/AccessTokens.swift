import Contracts
import Digests
import Platform

/// The tokens of programs: who sends one as `Authorization: Bearer` (RFC 6750) has its name and role.
///
/// One line each, `<name> <role> <SHA-256 of the token in hexadecimal digits>`; what follows a `#` is a comment. A token
/// is random and long, so that its digest needs no salt: `boxoffice token` makes both.
struct AccessTokens: Sendable {
    static let setting = Setting.secret(
        "CONSOLE_TOKENS", "the tokens of programs, a line each as boxoffice token prints it; usually CONSOLE_TOKENS_FILE", .optional)

    static let single = Setting.secret(
        "CONSOLE_TOKEN", "one more token, itself and not its digest, with the role operator and the name local", .optional)

    private struct Token: Sendable {
        let name: String
        let role: Role
        let digest: [UInt8]
    }

    private let tokens: [Token]

    var isEmpty: Bool { tokens.isEmpty }

    /// - Throws: ``ConfigurationError`` that names the line.
    init(_ settings: Settings) throws(ConfigurationError) {
        var tokens: [Token] = []
        let text = try settings.optional(Self.setting) ?? ""
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            if words.isEmpty { continue }
            guard words.count == 3, let role = Role(rawValue: String(words[1])), let digest = Hexadecimal.bytes(words[2]), digest.count == 32 else {
                throw ConfigurationError(
                    "CONSOLE_TOKENS", "is wrong: line \(number + 1) is not <name> <role> <SHA-256 of the token>, as `boxoffice token` prints it")
            }
            guard !tokens.contains(where: { $0.name == words[0] }) else {
                throw ConfigurationError("CONSOLE_TOKENS", "is wrong: line \(number + 1) has the name \(words[0]) once more")
            }
            tokens.append(Token(name: String(words[0]), role: role, digest: digest))
        }
        if let token = try settings.optional(Self.single) {
            guard token.utf8.count >= 32 else { throw ConfigurationError("CONSOLE_TOKEN", "is too short: it must have 32 characters at least") }
            tokens.append(Token(name: "local", role: .operator, digest: Digest.sha256(Array(token.utf8))))
        }
        self.tokens = tokens
    }

    /// The name and role of a token. The time that it takes does not depend on how much of it is right: digests are
    /// compared.
    func owner(of token: some StringProtocol) -> (name: String, role: Role)? {
        guard token.utf8.count <= 512 else { return nil }
        let digest = Digest.sha256(Array(token.utf8))
        return tokens.first { $0.digest == digest }.map { ($0.name, $0.role) }
    }
}
