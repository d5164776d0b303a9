import Contracts

/// An incident that people have to know of: a row of `operations.alerts` while it lasts and after it.
public struct Alert: Codable, Sendable, Equatable {
    /// What is wrong: `disk-space`. A kind belongs to one service.
    public let kind: String
    /// What it is wrong with: a folder, a service, a queue.
    public let subject: String
    /// One sentence for people: what was found, with its figures.
    public let summary: String
    /// What to do about it; may be empty.
    public let advice: String
    /// Further figures, by their names.
    public let figures: [String: String]

    /// The most characters of kind and subject, which are an index's key.
    static let keyLength = 500

    /// An incident.
    public init(_ kind: String, about subject: String, summary: String, advice: String = "", figures: [String: String] = [:]) {
        self.kind = kind.storable(atMost: Self.keyLength)
        self.subject = subject.storable(atMost: Self.keyLength)
        self.summary = summary.storable()
        self.advice = advice.storable()
        self.figures = figures.mapValues { $0.storable() }
    }
}
