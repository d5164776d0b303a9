import CPostgres
import DequeModule

/// One connection as its I/O thread sees it: what is to be sent, what was sent, what came back. Nothing here blocks.
///
/// Statements go through libpq's pipeline mode. A segment is what lies between two Syncs: statements nobody waits for, then one somebody waits for.
/// An error skips the rest of its segment, and is the answer to whoever waits for it. Scripts and COPY are not possible in a pipeline: they
/// wait until it is empty and leave it.
final class ConnectionStateMachine {
    /// What the next results from the server belong to.
    enum Expected {
        case prepare(StatementCache.Key)
        case execute(StatementCache.Key, sql: String)
        case sync(Operation)
        /// A statement that was cancelled before it was sent: its Sync is answered with that.
        case skipped(Operation)
        case deallocate
    }

    enum Mode {
        case pipeline
        case script(Operation)
        case copyStarting(Operation)
        case copying
        case copyWriting(Operation)
        case copyEnding(Operation)
    }

    let id: Int
    let connection: OpaquePointer
    /// Whether statements are prepared under a name. A pooler may send the next one to a server that does not know it.
    let prepares: Bool
    var mode = Mode.pipeline
    var unsent = Deque<Operation>()
    var expected = Deque<Expected>()
    var statements = StatementCache(limit: 256)
    /// Whether bytes wait for the socket to take more.
    private(set) var wantsWrite = false
    /// What the current segment has come to.
    var segmentError: (any Error)?
    /// Why the transaction has failed: statements that were sent behind are refused for no reason of their own.
    var transactionError: (any Error)?
    var segmentResult: PostgresResult?
    var segmentIsStale = false
    /// Why the connection cannot go on.
    var failure: PostgresError?
    /// Where notifications go.
    var notifications: [AsyncStream<PostgresNotification>.Continuation] = []
    var cancellation = Cancellation()

    init(id: Int, handle: ConnectionHandle, prepares: Bool) {
        self.id = id
        self.prepares = prepares
        connection = handle.pointer
    }

    var socket: Int32 { PQsocket(connection) }

    var transactionStatus: TransactionStatus {
        switch PQtransactionStatus(connection) {
        case PQTRANS_IDLE: .idle
        case PQTRANS_INTRANS: .open
        case PQTRANS_INERROR: .failed
        default: .unknown
        }
    }

    /// Sends what can be sent and takes in what has come. To be called after anything that changes either.
    func advance() {
        repeat {
            send()
            flush()
            receive()
            // An answer may be what the next operation waited for.
        } while failure == nil && !unsent.isEmpty && canSend
    }

    func readable() {
        guard PQconsumeInput(connection) == 1 else {
            receive()
            return fail(connection.errorText)
        }
        advance()
        while let notification = PQnotifies(connection) {
            deliver(notification.pointee)
            PQfreemem(notification)
        }
    }

    func fail(_ reason: String) {
        guard failure == nil else { return }
        failure = .connectionLost(reason)
    }

    private func flush() {
        guard failure == nil else { return }
        switch PQflush(connection) {
        case 0:
            wantsWrite = false
            // Rows are acknowledged when they have left: that is the back-pressure of a COPY.
            if case .copyWriting(let operation) = mode {
                mode = .copying
                complete(operation, .success(nil))
            }
        case 1: wantsWrite = true
        default: fail(connection.errorText)
        }
    }

    private func deliver(_ notification: PGnotify) {
        let delivered = PostgresNotification(
            channel: String(cString: notification.relname), payload: String(cString: notification.extra), sender: notification.be_pid)
        notifications.removeAll { continuation in
            if case .terminated = continuation.yield(delivered) { true } else { false }
        }
    }

    func endNotifications() {
        for continuation in notifications { continuation.finish() }
        notifications = []
    }

    /// Ends the connection: everybody who waits is told.
    func close(_ error: PostgresError) {
        let waiting = waitingReplies + unsent.compactMap(\.reply)
        if let held = cancellation.held {
            cancellation.held = nil
            held.reply.resume(with: held.outcome)
        }
        for reply in waiting { reply.resume(with: .failure(error)) }
        endNotifications()
        PQfinish(connection)
    }

    /// Who waits for something that is sent.
    var waitingReplies: [Reply] { waitingOperations.compactMap(\.reply) }

    /// What is sent and waited for.
    var waitingOperations: [Operation] {
        var operations = expected.compactMap { expected in
            switch expected {
            case .sync(let operation), .skipped(let operation): operation.reply == nil ? nil : operation
            default: nil
            }
        }
        switch mode {
        case .script(let operation), .copyStarting(let operation), .copyWriting(let operation), .copyEnding(let operation):
            if operation.reply != nil { operations.append(operation) }
        case .pipeline, .copying: break
        }
        return operations
    }

    /// Answers the caller, unless a cancel request is on its way: it must not hit what the caller does next.
    func complete(_ operation: Operation, _ value: Result<PostgresResult?, any Error>) {
        guard let reply = operation.reply else { return }
        var outcome = Outcome(value: value, status: transactionStatus)
        if case .failure(let error as PostgresError) = value, reply.isCancelled, error.sqlState == .queryCanceled {
            outcome.value = .failure(CancellationError())
        }
        if cancellation.isAsking, cancellation.target === reply {
            cancellation.held = (reply, outcome)
        } else {
            reply.resume(with: outcome)
        }
    }
}
