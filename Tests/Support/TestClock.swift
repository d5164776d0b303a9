import FoundationEssentials
import Platform
import Synchronization

/// A clock that a test sets.
public final class TestClock: Sendable {
    private let instant: Mutex<Date?>

    /// A clock that stands at an instant, or runs with the machine's when there is none.
    public init(_ instant: Date? = nil) { self.instant = Mutex(instant) }

    /// Stands still at this instant from now on.
    public func set(_ date: Date) { instant.withLock { $0 = date } }

    /// Runs with the machine's from now on.
    public func run() { instant.withLock { $0 = nil } }

    /// Goes on by so many seconds, from where it stands.
    public func advance(_ seconds: TimeInterval) { instant.withLock { $0 = ($0 ?? Date()) + seconds } }

    /// Now.
    public var now: Date { instant.withLock { $0 } ?? Date() }

    /// The clock as services take it.
    public var wall: WallClock { WallClock { self.now } }
}
