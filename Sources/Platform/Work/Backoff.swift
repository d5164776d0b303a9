/// Pauses that double up to a longest one. Each is a random part, between a half and the whole, so that processes that
/// failed together do not retry together.
public struct Backoff: Sendable {
    private let first: Duration
    private let longest: Duration
    private var attempt = 0

    /// Pauses from `first` up to `longest`.
    public init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// For a server that cannot be reached: 50 ms to 2 s.
    static let connection = Backoff(first: .milliseconds(50), longest: .seconds(2))

    /// The next pause.
    public mutating func next() -> Duration {
        defer { attempt += 1 }
        return Self.pause(after: attempt, first: first, longest: longest)
    }

    /// The pause after a failed attempt; attempts are counted from 0.
    public static func pause(after attempt: Int, first: Duration, longest: Duration) -> Duration {
        var whole = first
        for _ in 0..<min(max(attempt, 0), 30) where whole < longest { whole = whole * 2 }
        return min(whole, longest) * Double.random(in: 0.5...1)
    }
}
