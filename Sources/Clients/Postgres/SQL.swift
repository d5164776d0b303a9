/// Static SQL text. Only a literal makes one, so SQL is written, not assembled: values go through parameters.
public struct SQL: ExpressibleByStringLiteral, Sendable, Hashable {
    /// The statement as it is sent, with `$1`, `$2`… for its parameters.
    public let text: String

    /// A statement from its literal.
    public init(stringLiteral: StaticString) {
        text = stringLiteral.description
    }

    /// A statement from a file: for migrations and tools only, never for text with values in it.
    public init(file text: String) {
        self.text = text
    }
}
