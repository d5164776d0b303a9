extension Duration {
    /// Whole milliseconds, rounded up, so that what is due is due when they have passed.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds.magnitude < UInt64(Int64.max / 1_000) else { return seconds < 0 ? .min : .max }
        let (whole, rest) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
        return seconds * 1_000 + whole + (rest > 0 ? 1 : 0)
    }

    /// How long `poll` may wait until then; for ever without an instant.
    package static func pollTimeout(until instant: ContinuousClock.Instant?) -> Int32 {
        instant.map { Int32(clamping: max(0, ($0 - .now).milliseconds)) } ?? -1
    }
}
