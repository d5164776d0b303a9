import CPostgres

/// A cancel request that is on its way for one connection.
struct Cancellation {
    /// Whose statement is to stop.
    var target: Reply?
    /// Whether a thread is asking the server right now.
    var isAsking = false
    /// The target's answer, kept back until the request can do no more harm.
    var held: (reply: Reply, outcome: Outcome)?
    /// When to ask again: a request that comes before its statement has begun does nothing.
    var nextAttempt: ContinuousClock.Instant?
}

extension Wire {
    /// A caller's task was cancelled: stops its statement if it is under way.
    func cancel(_ reply: Reply) -> CancelHandle? {
        guard !cancellation.isAsking, waitingReplies.contains(where: { $0 === reply }) else { return nil }
        guard let handle = PQgetCancel(connection) else { return nil }
        cancellation.target = reply
        cancellation.isAsking = true
        cancellation.nextAttempt = nil
        return CancelHandle(pointer: handle)
    }

    /// The server has been asked. What was held back goes out; what still runs is asked for again soon.
    func cancelAsked() {
        cancellation.isAsking = false
        if let held = cancellation.held {
            cancellation.held = nil
            cancellation.target = nil
            held.reply.resume(with: held.outcome)
        } else if cancellation.target != nil {
            cancellation.nextAttempt = .now + .milliseconds(100)
        }
    }

    /// The statement whose cancelling is due once more.
    func dueCancel(_ now: ContinuousClock.Instant) -> Reply? {
        guard let next = cancellation.nextAttempt, next <= now else { return nil }
        cancellation.nextAttempt = nil
        return cancellation.target
    }
}
