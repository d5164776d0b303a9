/// How far a connection has come, and what is due on it, without I/O.
struct ConnectionStateMachine {
    enum Stage: Equatable {
        /// Topology and first subscriptions are on their way.
        case declaring, subscribing
        case ready
        /// `connection.close` is on its way; waits for the answer until then.
        case closing(until: ContinuousClock.Instant)
        case closed
    }

    enum KeepAlive: Equatable {
        case nothing, sendHeartbeat
        /// Nothing was heard for two heartbeats.
        case lost
    }

    private(set) var stage = Stage.declaring
    /// Negotiated interval; zero for none.
    private let heartbeat: Duration
    private var lastReceived: ContinuousClock.Instant
    /// Until when channels may close before the connection does, once it is to close.
    private var lastCall: ContinuousClock.Instant?

    init(heartbeat: Duration, now: ContinuousClock.Instant) {
        self.heartbeat = heartbeat
        lastReceived = now
    }

    /// The topology is there; whether consumers are to be subscribed.
    mutating func declared() -> Bool { move(from: .declaring, to: .subscribing) }

    /// Every consumer has had its answer; whether that makes the connection ready.
    mutating func subscribed() -> Bool { move(from: .subscribing, to: .ready) }

    private mutating func move(from: Stage, to: Stage) -> Bool {
        guard stage == from else { return false }
        stage = to
        return true
    }

    /// Something came from the broker.
    mutating func received(_ now: ContinuousClock.Instant) { lastReceived = now }

    /// What is to be done for the heartbeat. A frame of ours that waits to be sent is one.
    mutating func keepAlive(_ now: ContinuousClock.Instant, lastSent: ContinuousClock.Instant, isSending: Bool) -> KeepAlive {
        if case .closing(let until) = stage, until <= now { stage = .closed }
        guard heartbeat > .zero else { return .nothing }
        if lastReceived + heartbeat * 2 <= now { return .lost }
        return !isSending && lastSent + heartbeat / 2 <= now ? .sendHeartbeat : .nothing
    }

    /// Whether to send `connection.close` now. Channels that are about to close by themselves have a second to do so, because the broker may drop
    /// acknowledgements that it still holds when a channel goes.
    mutating func close(_ now: ContinuousClock.Instant, isAnyLeaving: Bool) -> Bool {
        if case .closing = stage { return false }
        let limit = lastCall ?? now + .seconds(1)
        lastCall = limit
        guard limit <= now || !isAnyLeaving else { return false }
        stage = .closing(until: now + .seconds(1))
        return true
    }

    /// The broker has answered `connection.close`.
    mutating func closed() { stage = .closed }

    /// When to look again.
    func nextDue(lastSent: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        var due = if case .closing(let until) = stage { until } else { lastCall }
        guard heartbeat > .zero else { return due }
        for instant in [lastSent + heartbeat / 2, lastReceived + heartbeat * 2] { due = min(due ?? instant, instant) }
        return due
    }
}
