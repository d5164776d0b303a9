import Contracts

/// The recipient of a mail.
public struct Recipient: Decodable, Sendable, Equatable {
    /// The bare address. Blanks and line ends around it are ignored.
    public let email: String
    /// The user's name; may be empty.
    public let name: String
    /// The user's language, as `es-mx`; nil for English.
    public let language: String?

    /// The recipient of a mail.
    public init(email: String, name: String, language: String?) {
        self.email = email
        self.name = name
        self.language = language
    }

    var json: String {
        "{\"email\":\(JSONText.quoted(email)),\"name\":\(JSONText.quoted(name))\(language.map { ",\"language\":" + JSONText.quoted($0) } ?? "")}"
    }
}
