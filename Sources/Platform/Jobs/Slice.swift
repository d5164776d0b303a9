import FoundationEssentials

/// One bounded piece of a run.
public struct Slice: Sendable {
    /// The instant by which this slice decides.
    public let now: Date
    /// The instant the tick was scheduled for: period reports go by it.
    public let scheduledFor: Date
    /// The run's number in the ledger.
    public let runID: Int
    /// Counted from 1.
    public let number: Int
    /// How many rows to take at most.
    public let limit: Int
    /// Where the slice before stopped; nil at the beginning.
    public let cursor: String?
    /// What the person who started it asked for.
    public let parameters: [String: String]
    /// Whether all of it will be rolled back.
    public let isDryRun: Bool

    /// A whole number from the parameters.
    /// - Throws: ``InvalidParameter``.
    public func integer(_ name: String) throws(InvalidParameter) -> Int? {
        guard let text = parameters[name] else { return nil }
        guard let value = Int(text) else { throw InvalidParameter(name: name, value: text, expected: "a whole number") }
        return value
    }
}
