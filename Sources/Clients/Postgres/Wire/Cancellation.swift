import CPostgres

/// Cancel requests for one connection, one at a time.
struct Cancellation {
    /// Whose statement is to stop.
    var target: Reply?
    /// Whether a thread is asking the server right now.
    var isAsking = false
    /// The target's answer, kept back until the request can do no more harm.
    var held: (reply: Reply, outcome: Outcome)?
    /// When to look again: a request that comes before its statement has begun does nothing.
    var nextAttempt: ContinuousClock.Instant?
}

extension ConnectionStateMachine {
    /// What to ask the server with, if the statement it is at belongs to a cancelled task. Those before a cancelled one are left to end.
    func cancelRequest() -> CancelHandle? {
        guard !cancellation.isAsking else { return nil }
        let waiting = waitingReplies
        guard let first = waiting.first, first.isCancelled, let handle = PQgetCancel(connection) else {
            cancellation.nextAttempt = waiting.contains(where: \.isCancelled) ? .now + .milliseconds(20) : nil
            return nil
        }
        cancellation.target = first
        cancellation.isAsking = true
        cancellation.nextAttempt = nil
        return CancelHandle(pointer: handle)
    }

    /// The server has been asked. What was held back goes out; what still runs is asked for again soon.
    func cancelAsked() {
        cancellation.isAsking = false
        cancellation.target = nil
        cancellation.nextAttempt = .now + .milliseconds(100)
        if let held = cancellation.held {
            cancellation.held = nil
            held.reply.resume(with: held.outcome)
        }
    }

    /// Marks what waits as cancelled, unless a commit is among it: one that waits for a standby would take place without it.
    /// - Returns: whether there is something to ask the server to stop.
    func cancelAllButCommit() -> Bool {
        let waiting = waitingOperations
        guard !waiting.isEmpty, !waiting.contains(where: { $0.sql == "commit" }) else { return false }
        for operation in waiting { operation.reply?.cancel() }
        return true
    }

    /// What its caller waits for, and since when. What went in front of it counts as a part of it: the server answers for all at once.
    var oldestStatement: (sql: String, since: ContinuousClock.Instant)? {
        guard let operation = waitingOperations.first, let reply = operation.reply else { return nil }
        return (operation.sql ?? "", reply.since)
    }
}
