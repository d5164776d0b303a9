import FoundationEssentials

/// Decides when a channel pauses because it is refused itself: by a password that is wrong, a quota that is spent, a blocked sender.
///
/// Closed, deliveries go. When several recipients in a row have got the same refusal it opens, and nothing goes for a minute. Then one delivery at a
/// time is tried (half-open): an answer about that delivery closes it, another refusal of the channel opens it for twice as long.
struct CircuitBreaker: Sendable, Equatable {
    /// What the other side said to one delivery.
    enum Answer: Sendable, Equatable {
        /// It accepted the delivery, or refused this one for its own sake.
        case aboutDelivery
        /// It refused the channel. `cause` is equal for equal refusals.
        case refusesChannel(cause: String, recipient: String)
        /// Nothing that tells anything: no connection, a time-out, a 4xx.
        case none
    }

    /// What an answer has changed.
    enum Change: Sendable, Equatable {
        case opened(until: Date)
        case closed
    }

    /// So many recipients with the same refusal in a row open it.
    static let recipients = 5
    private static let firstPause: TimeInterval = 60
    private static let longestPause: TimeInterval = 900

    private enum State: Sendable, Equatable {
        case closed(cause: String, recipients: Set<String>)
        case open(until: Date, pause: TimeInterval)
    }

    private var state = State.closed(cause: "", recipients: [])

    /// Whether deliveries are held back now, or tried one by one.
    var isOpen: Bool { if case .open = state { true } else { false } }

    /// How many deliveries may be on their way at once, of so many places.
    func allowedConcurrency(of concurrency: Int, at now: Date) -> Int {
        guard case .open(let end, _) = state else { return concurrency }
        return now < end ? 0 : 1
    }

    /// Notes an answer.
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
            // Those that were on their way when it opened say nothing new.
            guard now >= end else { return nil }
            let longer = min(pause * 2, Self.longestPause)
            state = .open(until: now + longer, pause: longer)
            return nil
        }
    }
}
