/// One field of a cron expression: which of its values fire.
///
/// Syntax and ranges: crontab(5), with the seconds field in front when there are six.
public struct CronField: Sendable, Hashable {
    /// The values that fire, a bit each (every cron field fits into 0…63).
    let bits: UInt64

    /// Whether this value fires.
    public func contains(_ value: Int) -> Bool {
        (0..<64).contains(value) && bits & (1 << UInt64(value)) != 0
    }

    /// The lowest value that fires and is at least this one; nil when there is none.
    func first(atOrAfter value: Int) -> Int? {
        guard value < 64 else { return nil }
        let rest = bits & (UInt64.max << UInt64(max(value, 0)))
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    /// The highest value that fires and is at most this one; nil when there is none.
    func last(atOrBefore value: Int) -> Int? {
        guard value >= 0 else { return nil }
        let rest = bits & (UInt64.max >> UInt64(63 - min(value, 63)))
        return rest == 0 ? nil : 63 - rest.leadingZeroBitCount
    }
}
