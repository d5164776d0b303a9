/// Somebody to write to.
public struct Recipient: Decodable, Sendable, Equatable {
    /// The bare address. Blanks and line ends around it do no harm.
    public let email: String
    /// What to call them; may be empty.
    public let name: String
    /// Their language, as `es-mx`; English when there is none.
    public let language: String?

    /// Somebody to write to.
    public init(email: String, name: String, language: String?) {
        self.email = email
        self.name = name
        self.language = language
    }

    var json: String {
        "{\"email\":\(LineLogHandler.quoted(email)),\"name\":\(LineLogHandler.quoted(name))\(language.map { ",\"language\":" + LineLogHandler.quoted($0) } ?? "")}"
    }
}
