import FoundationEssentials

/// The time by which the rules decide. Injected everywhere, so that a test sets it.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Date

    /// A clock that calls `read`.
    public init(_ read: @escaping @Sendable () -> Date) { self.read = read }

    /// The machine's clock.
    public static let system = WallClock { Date() }

    /// Now.
    public var now: Date { read() }
}

extension Duration {
    /// Seconds, as Foundation's dates count them.
    public var timeInterval: TimeInterval { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
