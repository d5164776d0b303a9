import FoundationEssentials

/// Decides when a channel pauses because the other side refuses the channel itself: a wrong password, a spent quota, a
/// blocked sender.
///
/// Closed, deliveries are sent. When several recipients in a row got the same refusal it opens, and nothing is sent for
/// a minute. Then one delivery at a time is tried (half-open): a response about that delivery closes it, another
/// refusal of the channel opens it for twice as long.
struct CircuitBreaker: Sendable, Equatable {
    /// The other side's response to one delivery.
    enum Answer: Sendable, Equatable {
        /// It accepted the delivery, or refused it for a reason of this delivery.
        case aboutDelivery
        /// It refused the channel. `cause` is equal for equal refusals.
        case refusesChannel(cause: String, recipient: String)
        /// No evidence either way: no connection, a time-out, a 4xx.
        case none
    }

    /// The change that a response caused.
    enum Change: Sendable, Equatable {
        case opened(until: Date)
        case closed
    }

    /// How many recipients in a row with the same refusal open it.
    static let recipients = 5
    private static let firstPause: TimeInterval = 60
    private static let longestPause: TimeInterval = 900

    private enum State: Sendable, Equatable {
        case closed(cause: String, recipients: Set<String>)
        case open(until: Date, pause: TimeInterval)
    }

    private var state = State.closed(cause: "", recipients: [])

    /// Whether deliveries are held back or tried one at a time.
    var isOpen: Bool { if case .open = state { true } else { false } }

    /// How many deliveries may be in flight at once, of the channel's `concurrency`.
    func allowedConcurrency(of concurrency: Int, at now: Date) -> Int {
        guard case .open(let end, _) = state else { return concurrency }
        return now < end ? 0 : 1
    }

    /// Records a response.
    /// - Returns: what it changed, for the log; nil for an open breaker that stays open.
    mutating func note(_ answer: Answer, at now: Date) -> Change? {
        switch (state, answer) {
        case (_, .none): return nil
        case (.closed, .aboutDelivery):
            state = .closed(cause: "", recipients: [])
            return nil
        case (.closed(let last, let refused), .refusesChannel(let cause, let recipient)):
            let refused = cause == last ? refused.union([recipient]) : [recipient]
            guard refused.count >= Self.recipients else {
                state = .closed(cause: cause, recipients: refused)
                return nil
            }
            state = .open(until: now + Self.firstPause, pause: Self.firstPause)
            return .opened(until: now + Self.firstPause)
        case (.open, .aboutDelivery):
            state = .closed(cause: "", recipients: [])
            return .closed
        case (.open(let end, let pause), .refusesChannel):
            // Deliveries that were in flight when it opened give no new evidence.
            guard now >= end else { return nil }
            let longer = min(pause * 2, Self.longestPause)
            state = .open(until: now + longer, pause: longer)
            return nil
        }
    }
}
