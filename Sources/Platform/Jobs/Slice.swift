import Contracts
import FoundationEssentials

/// One bounded part of a run.
public struct Slice: Sendable {
    /// The run's job.
    public let job: JobName
    /// The time by which everything in this slice is decided.
    public let now: Date
    /// The time the tick was scheduled for: period reports go by it.
    public let scheduledFor: Date
    /// The fire time of the schedule before `scheduledFor`, if the tick had it.
    let previousFireTime: Date?
    /// The fire time of the schedule after `scheduledFor`, if the tick had it.
    let nextFireTime: Date?
    /// The run's id in `operations.job_runs`.
    public let runID: Int
    /// Counted from 1.
    public let number: Int
    /// How many rows to take at most.
    public let limit: Int
    /// Where the previous slice stopped; nil at the beginning.
    public internal(set) var cursor: String?
    /// The parameters of the trigger.
    public let parameters: [String: String]
    /// Whether its transaction will be rolled back.
    public let isDryRun: Bool

    /// A whole number from the parameters.
    /// - Throws: ``InvalidParameter``.
    public func integer(_ name: String) throws(InvalidParameter) -> Int? {
        guard let text = parameters[name] else { return nil }
        guard let value = Int(text) else { throw InvalidParameter(name: name, value: text, expected: "a whole number") }
        return value
    }
}
