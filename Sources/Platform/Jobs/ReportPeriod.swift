import Cron
import FoundationEssentials

/// The time that a report covers: from one fire time of its rhythm to the next.
///
/// Consecutive periods tile, days on which clocks change included, because both ends are what the clock's own rules say. A report that is
/// asked for at some other time covers the last whole period before it, so asking again gives the same figures.
public struct ReportPeriod: Sendable, Equatable {
    /// Inclusive.
    public let start: Date
    /// Exclusive.
    public let end: Date

    /// The last whole period of a rhythm that has ended at an instant; one that ends at the very instant counts.
    ///
    /// - Parameters:
    ///   - rhythm: A cron expression of the code's own (`0 23 * * *`), read in the zone.
    ///   - instant: What the tick was scheduled for.
    ///   - zone: The service's `TIME_ZONE`.
    public init?(of rhythm: CronExpression, endedBy instant: Date, in zone: CronZone) {
        guard let end = rhythm.previous(before: instant + 1, in: zone), let start = rhythm.previous(before: end, in: zone) else { return nil }
        self.start = start
        self.end = end
    }
}
