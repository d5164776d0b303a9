import FoundationEssentials
import Platform
import Postgres

/// This replica's clock compared with the database's, which is the reference for all replicas.
struct ClockComparison: Sendable {
    /// The largest difference in seconds. A replica that differs by more decides no fire times.
    static let tolerance: TimeInterval = 2

    /// This replica's time at the comparison.
    let now: Date
    /// How many seconds this clock is ahead of the database's, at least; negative when it is behind, 0 when the query
    /// took longer than the difference.
    let ahead: TimeInterval

    /// - Parameters:
    ///   - before: This clock before the query.
    ///   - database: The database's clock.
    ///   - after: This clock after the answer.
    init(before: Date, database: Date, after: Date) {
        let (least, most) = (min(before, after).timeIntervalSince(database), max(before, after).timeIntervalSince(database))
        now = after
        ahead = least > 0 ? least : min(most, 0)
    }

    /// Whether this replica's clock is close enough to the database's for it to decide fire times.
    var agrees: Bool { abs(ahead) <= Self.tolerance }
}
