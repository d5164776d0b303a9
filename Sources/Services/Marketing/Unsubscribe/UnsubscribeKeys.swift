import Digests
import FoundationEssentials
import Platform

/// Signs and reads the tokens of links.
///
/// A token is 18 bytes of HMAC-SHA256 and the nine bytes that they sign, the latter masked: nobody sees a user's id,
/// forges a link, or finds from one link that of another user. The same user and scope have the same token under the
/// same key, so a mail that is sent again is the same mail. During a rotation two keys are read: links live as long as
/// mailboxes.
struct UnsubscribeKeys: Sendable {
    static let current = Setting.secret("UNSUBSCRIBE_KEY", "signs the links to unsubscribe, at least 32 characters")
    static let previous = Setting.secret("UNSUBSCRIBE_KEY_PREVIOUS", "the former UNSUBSCRIBE_KEY: its links still work", .optional)

    /// Half of them are a whole code's strength already; a password that a person thought of is shorter.
    private static let shortest = 32
    /// 18 and 9 bytes are 36 characters of base64url without padding.
    private static let codeLength = 18

    private let signing: Key
    private let all: [Key]

    /// The keys of the settings.
    /// - Throws: ``ConfigurationError`` for one that is missing or too short.
    init(_ settings: Settings) throws(ConfigurationError) {
        let current = try Self.checked(settings.value(Self.current), Self.current.description.name)
        let previous = try settings.optional(Self.previous)
        self.init(
            current: current, previous: try previous.map { key throws(ConfigurationError) in try Self.checked(key, Self.previous.description.name) })
    }

    /// A key that signs, and one that signed before.
    init(current: String, previous: String? = nil) {
        signing = Key(current)
        all = [signing] + (previous.map { [Key($0)] } ?? [])
    }

    private static func checked(_ key: String, _ name: String) throws(ConfigurationError) -> String {
        guard key.utf8.count >= shortest else {
            throw ConfigurationError(
                name, "has \(key.utf8.count) characters, but must have at least \(shortest); `openssl rand -hex 32` makes a good one")
        }
        return key
    }

    /// The text of a token.
    func text(of token: UnsubscribeToken) -> String {
        let code = signing.code.code(of: token.bytes, length: Self.codeLength)
        return Data(code + signing.masked(token.bytes, by: code)).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    }

    /// The token of a text; nil when it is not one that was signed with either key.
    func token(of text: String) -> UnsubscribeToken? {
        guard text.utf8.count == UnsubscribeToken.length,
            let data = Data(base64Encoded: text.replacing("-", with: "+").replacing("_", with: "/"))
        else { return nil }
        let code = Array(data.prefix(Self.codeLength))
        for key in all {
            let bytes = key.masked(Array(data.dropFirst(Self.codeLength)), by: code)
            if key.code.verifies(code, of: bytes) { return UnsubscribeToken(bytes: bytes) }
        }
        return nil
    }

    /// One secret, and the keys that are derived from it.
    private struct Key: Sendable {
        let code: HMAC
        private let mask: HMAC

        init(_ secret: String) {
            let secret = HMAC(key: secret.utf8)
            code = HMAC(key: secret.code(of: Array("unsubscribe: code".utf8)))
            mask = HMAC(key: secret.code(of: Array("unsubscribe: mask".utf8)))
        }

        /// Masks, and takes the mask off again.
        func masked(_ bytes: [UInt8], by code: [UInt8]) -> [UInt8] { zip(bytes, mask.code(of: code)).map { $0 ^ $1 } }
    }
}
