import Contracts
import Platform

/// What the link of one mail says: who unsubscribes, and from what. It does not expire and is not used up.
///
/// As text it has 36 characters and names nobody: the user's id and the scope are signed and masked
/// (``UnsubscribeKeys``).
struct UnsubscribeToken: Sendable, Equatable {
    /// The user's id.
    let user: Int
    /// The list that the mail belongs to.
    let scope: SubscriptionScope

    /// The parameter of the URL.
    static let parameter = "token"
    /// Of every token's text.
    static let length = 36

    /// The text of the token in the query of a URL; nil when there is none.
    ///
    /// Links suffer in mail programs and relays: an `=` or all of the query is escaped once more, a `=3D` of
    /// quoted-printable is left as it is, the `>` or full stop after the link is taken for a part of it. As a token has
    /// a fixed length and no such characters, what was meant is certain.
    static func text(inQuery query: String) -> String? {
        var query = query
        for _ in 0..<3 { query = query.percentDecoded ?? query }
        for part in query.split(separator: "&") where part.hasPrefix("\(parameter)=") {
            var value = part.dropFirst(parameter.utf8.count + 1)
            let word = value.prefix(while: isTokenCharacter)
            if word.utf8.count == length + 2, word.hasPrefix("3D") { value = value.dropFirst(2) }
            let text = value.prefix(while: isTokenCharacter)
            let rest = value[text.endIndex...]
            guard text.utf8.count == length, rest.allSatisfy({ ">=%.,;:!)]}\"'* \r\n\t".contains($0) }) else { return nil }
            return String(text)
        }
        return nil
    }

    private static func isTokenCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "-" || character == "_")
    }

    /// Nine bytes: the scope, and the id in network order.
    var bytes: [UInt8] { [Self.code(of: scope)] + (0..<8).map { UInt8(truncatingIfNeeded: user >> (56 - 8 * $0)) } }

    /// Nil when they are no token's.
    init?(bytes: [UInt8]) {
        guard bytes.count == 9, let scope = SubscriptionScope.allCases.first(where: { Self.code(of: $0) == bytes[0] }) else { return nil }
        self.init(user: bytes[1...].reduce(0) { $0 << 8 | Int($1) }, scope: scope)
    }

    /// A token.
    init(user: Int, scope: SubscriptionScope) {
        self.user = user
        self.scope = scope
    }

    /// Never changed: mails have them.
    private static func code(of scope: SubscriptionScope) -> UInt8 {
        switch scope {
        case .newsletter: 1
        case .promotions: 2
        case .all: 3
        }
    }
}
