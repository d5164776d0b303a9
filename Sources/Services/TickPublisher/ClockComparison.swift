import FoundationEssentials
import Platform
import Postgres

/// This replica's clock beside the database's, by which all replicas are measured.
struct ClockComparison: Sendable {
    /// The most, in seconds, that a replica may differ. One that differs by more decides nothing.
    static let tolerance: TimeInterval = 2

    /// This replica's time, as it was compared.
    let now: Date
    /// How many seconds this clock is ahead of the database's, at least; negative when it is behind, 0 when the answer took longer
    /// than the two differ.
    let ahead: TimeInterval

    /// - Parameters:
    ///   - before: This clock when the database was asked.
    ///   - database: What the database said.
    ///   - after: This clock when the answer came.
    init(before: Date, database: Date, after: Date) {
        let (least, most) = (min(before, after).timeIntervalSince(database), max(before, after).timeIntervalSince(database))
        now = after
        ahead = least > 0 ? least : min(most, 0)
    }

    /// Whether what this replica decides holds for the others.
    var agrees: Bool { abs(ahead) <= Self.tolerance }
}
