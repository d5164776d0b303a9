/// Something that is not as it should be, and what to do about it, in words.
public struct Finding: Codable, Sendable, Equatable {
    /// What is wrong: `bloat`.
    public let kind: String
    /// What it is wrong with: a table, a service.
    public let subject: String
    /// One sentence, with figures.
    public let text: String
    /// What to do.
    public let advice: String

    /// A finding.
    public init(_ kind: String, _ subject: String, _ text: String, advice: String) {
        self.kind = kind
        self.subject = subject.storable(atMost: 200)
        self.text = text.storable()
        self.advice = advice
    }
}
