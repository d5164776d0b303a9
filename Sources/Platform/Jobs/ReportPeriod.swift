import FoundationEssentials

/// The time that a report covers: from one fire time of its schedule to the next (``Slice/period(_:)``).
///
/// Consecutive periods tile, days on which clocks change and changes of the schedule included: both ends are ticks.
public struct ReportPeriod: Sendable, Equatable {
    /// Inclusive.
    public let start: Date
    /// Exclusive.
    public let end: Date

    /// A period.
    public init(start: Date, end: Date) {
        self.start = start
        self.end = end
    }
}
