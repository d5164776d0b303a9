/// What a mail says in one language.
public struct RenderedMail: Sendable, Equatable {
    /// One line.
    public let subject: String
    /// The plain text.
    public let text: String
    /// The same as an HTML document.
    public let html: String
}
