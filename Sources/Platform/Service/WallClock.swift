import FoundationEssentials

/// The time of day that the rules go by. Injected everywhere, so that a test decides what day it is.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Date

    /// A clock that asks `read`.
    public init(_ read: @escaping @Sendable () -> Date) { self.read = read }

    /// The machine's clock.
    public static let system = WallClock { Date() }

    /// Now.
    public var now: Date { read() }
}
