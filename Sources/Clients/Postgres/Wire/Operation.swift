import Synchronization

/// One thing for a connection to do, in the order of arrival.
struct Operation: Sendable {
    enum Work: Sendable {
        /// A statement with its parameters, pipelined.
        case statement(SQL, PostgresWriter)
        /// Nothing but a Sync: ends what is pipelined so far.
        case sync
        /// Several statements as text (simple protocol), outside the pipeline.
        case script(String)
        /// `COPY … FROM STDIN`; the reply says that rows may come.
        case copyStart(SQL)
        /// Rows; the reply says that they are on their way.
        case copyData([UInt8])
        /// The end of the rows, or why there are no more.
        case copyEnd(failure: String?)
    }

    let work: Work
    /// Who waits. Nobody: the statement is pipelined in front of the next one, and its error is that one's.
    let reply: Reply?

    var isCancelled: Bool { reply?.isCancelled ?? false }

    var sql: String? {
        switch work {
        case .statement(let sql, _), .copyStart(let sql): sql.text
        case .script(let text): text
        case .sync, .copyData, .copyEnd: nil
        }
    }
}

/// The state of a connection's transaction, as ReadyForQuery reports it.
enum TransactionStatus: Sendable {
    case idle, open, failed, unknown
}

/// What came of an operation, and where it left the connection.
struct Outcome: Sendable {
    var value: Result<PostgresResult?, any Error>
    var status: TransactionStatus

    /// The operation did not get an answer.
    static func failure(_ error: any Error) -> Outcome {
        Outcome(value: .failure(error), status: .unknown)
    }
}

/// The caller of an operation: resumed once.
final class Reply: Sendable {
    let id: UInt64
    /// When the caller began to wait.
    let since = ContinuousClock.now
    /// Whether the operation may be sent again after a prepared statement turned out to be stale.
    let mayRetry: Bool
    private let cancelled = Atomic(false)
    private let continuation = Mutex<CheckedContinuation<Outcome, Never>?>(nil)

    private static let lastID = Atomic<UInt64>(0)

    init(mayRetry: Bool) {
        self.mayRetry = mayRetry
        id = Self.lastID.wrappingAdd(1, ordering: .relaxed).newValue
    }

    func arm(_ continuation: CheckedContinuation<Outcome, Never>) {
        self.continuation.withLock { $0 = continuation }
    }

    func resume(with outcome: Outcome) {
        let waiting = continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
        waiting?.resume(returning: outcome)
    }

    /// The caller's task was cancelled. What is not sent yet will not be; the rest is for the I/O thread.
    func cancel() {
        cancelled.store(true, ordering: .releasing)
    }

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }
}
