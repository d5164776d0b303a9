/// Pauses that double from the first to the longest, each cut by up to a half at random so that many clients do not come at once.
struct Backoff {
    private let range: ClosedRange<Duration>
    private var next: Duration

    init(_ range: ClosedRange<Duration>) {
        self.range = range
        next = range.lowerBound
    }

    mutating func pause() -> Duration {
        defer { next = min(next * 2, range.upperBound) }
        return next * Double.random(in: 0.5...1)
    }

    mutating func reset() { next = range.lowerBound }
}
