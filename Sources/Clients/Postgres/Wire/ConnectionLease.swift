import ClientSupport
import Synchronization

/// A leased connection as its callers see it: statements go in from any task, in order, and answers come back.
public final class ConnectionLease: Sendable {
    private struct State {
        /// Statements nobody waits for, kept until there is a statement to go with.
        var deferred: [Operation] = []
        /// How many operations have gone out.
        var sent = 0
        var hasEnded = false
        var status = TransactionStatus.idle
    }

    /// What is deferred goes out without waiting for company when it is this much: the server can begin with it.
    private static let deferredLimit = 64

    let connection: Int
    let pool: Pool
    /// Whether a statement stands alone: it may be sent again if its plan was stale.
    private let isAutocommit: Bool
    private let state = Mutex(State())

    init(connection: Int, pool: Pool, isAutocommit: Bool) {
        self.connection = connection
        self.pool = pool
        self.isAutocommit = isAutocommit
    }

    /// The transaction's state after the last answer.
    var status: TransactionStatus { state.withLock(\.status) }
    /// Whether the server has had anything of it.
    var hasSent: Bool { state.withLock { $0.sent > 0 } }
    /// Whether there is more to it than a BEGIN that has yet to be sent.
    var hasWork: Bool { state.withLock { $0.sent > 0 || $0.deferred.count > 1 } }
    /// Whether there are statements that have yet to be sent or answered for.
    var hasDeferred: Bool { state.withLock { !$0.deferred.isEmpty } }

    /// Sends what is deferred and this, and waits for its answer. A cancelled task stops it on the server, unless shielded.
    @discardableResult
    func perform(_ work: Operation.Work, shielded: Bool = false) async throws -> PostgresResult? {
        if !shielded { try Task.checkCancellation() }
        let reply = Reply(mayRetry: isAutocommit)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                reply.arm(continuation)
                if !send(Operation(work: work, reply: reply)) { reply.resume(with: .failure(PostgresError.closed)) }
            }
        } onCancel: {
            guard !shielded else { return }
            reply.cancel()
            pool.commandQueue.post(.cancel(connection))
        }
        if outcome.status != .unknown { pool.isConnected.store(true, ordering: .relaxed) }
        state.withLock { $0.status = outcome.status }
        // A server that takes no writes any more, say: whoever comes next shall find the one that does.
        if case .failure(let error as PostgresError) = outcome.value, error.server?.outage != nil { pool.retire() }
        return try outcome.value.get()
    }

    private func send(_ operation: Operation) -> Bool {
        // Posted under the lock: the order of the calls is the order on the wire.
        state.withLock { state in
            guard !state.hasEnded else { return false }
            state.deferred.append(operation)
            return post(&state)
        }
    }

    /// Keeps a statement to go in front of the next one.
    func enqueue(_ sql: SQL, _ parameters: PostgresWriter) throws(PostgresError) {
        let isOpen = state.withLock { state in
            guard !state.hasEnded else { return false }
            state.deferred.append(Operation(work: .statement(sql, parameters), reply: nil))
            guard state.deferred.count >= Self.deferredLimit else { return true }
            return post(&state)
        }
        guard isOpen else { throw .closed }
    }

    private func post(_ state: inout State) -> Bool {
        state.sent += state.deferred.count
        defer { state.deferred.removeAll(keepingCapacity: true) }
        return pool.commandQueue.post(.perform(connection, state.deferred))
    }

    /// The place of the next statement among all.
    var position: Int { state.withLock { $0.sent + $0.deferred.count } }

    /// Gives up what is deferred, from a place on; false if some of what stood there has gone out already.
    @discardableResult
    func dropDeferred(from position: Int = 0) -> Bool {
        state.withLock { state in
            let kept = max(0, position - state.sent)
            if kept < state.deferred.count { state.deferred.removeSubrange(kept...) }
            return position >= state.sent
        }
    }

    /// Sends what is deferred and waits for it: before what cannot be pipelined.
    func settle() async throws {
        if hasDeferred { try await perform(.sync) }
    }

    /// Nothing goes in any more.
    func end() {
        state.withLock { $0.hasEnded = true }
    }
}
