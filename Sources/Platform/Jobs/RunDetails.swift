import Contracts

/// `operations.job_runs.details`: how far a run is and what it caused, for the next slice and for people.
public struct RunDetails: Codable, Sendable, Equatable {
    /// Where the next slice continues.
    public internal(set) var cursor: String?
    /// How many rows the next slice takes, after a slice failed because of a row; nil for the job's own limit.
    public internal(set) var limit: Int?
    /// The parameters of the trigger.
    public internal(set) var parameters: [String: String]?
    /// Messages published, by type, and triggers of other jobs, by job; in a dry run, those that would have been.
    public internal(set) var published: [String: Int]?
    /// Deliveries enqueued, by kind; in a dry run, those that would have been.
    public internal(set) var delivered: [String: Int]?
    /// Rows by what the job decided about them, for people.
    public internal(set) var rows: [String: RowGroup]?
    /// The first rows that failed.
    public internal(set) var errors: [RowFailure]?
    /// How many more rows failed than `errors` lists.
    public internal(set) var furtherErrors: Int?

    /// The most errors that a run keeps with their reasons.
    static let keptErrors = 100

    /// Adds the effects of a slice.
    mutating func add(_ effects: Transaction.Effects) {
        for message in effects.messages {
            published = (published ?? [:]).merging([message.subject: 1], uniquingKeysWith: +)
        }
        for delivery in effects.deliveries { delivered = (delivered ?? [:]).merging([delivery.kind.rawValue: 1], uniquingKeysWith: +) }
        for (kind, count) in effects.enqueued { delivered = (delivered ?? [:]).merging([kind.rawValue: count], uniquingKeysWith: +) }
        if !effects.groups.isEmpty { rows = (rows ?? [:]).merging(effects.groups) { $0.adding($1) } }
        add(effects.failures, further: 0)
    }

    /// The sum of these figures and those of another part of the run.
    func adding(_ other: RunDetails) -> RunDetails {
        var both = self
        if let more = other.published { both.published = (published ?? [:]).merging(more, uniquingKeysWith: +) }
        if let more = other.delivered { both.delivered = (delivered ?? [:]).merging(more, uniquingKeysWith: +) }
        if let more = other.rows { both.rows = (rows ?? [:]).merging(more) { $0.adding($1) } }
        both.add(other.errors ?? [], further: other.furtherErrors ?? 0)
        return both
    }

    private mutating func add(_ failures: [RowFailure], further: Int) {
        guard !failures.isEmpty || further > 0 else { return }
        let known = errors ?? []
        let room = max(0, Self.keptErrors - known.count)
        errors = known + failures.prefix(room)
        let surplus = max(0, failures.count - room) + further
        if surplus > 0 { furtherErrors = (furtherErrors ?? 0) + surplus }
    }
}
