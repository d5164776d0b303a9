/// One field of a cron expression: which of its values fire.
///
/// Syntax and ranges: crontab(5), with the seconds field in front when there are six.
public struct CronField: Sendable, Equatable {
    /// The values that fire, a bit each (every cron field fits into 0…63).
    let bits: UInt64

    /// Whether this value fires.
    public func contains(_ value: Int) -> Bool {
        (0..<64).contains(value) && bits & (1 << UInt64(value)) != 0
    }
}
