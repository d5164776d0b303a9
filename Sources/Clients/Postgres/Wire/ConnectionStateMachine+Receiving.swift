import CPostgres
import DequeModule

extension ConnectionStateMachine {
    /// Takes every result that is complete.
    func receive() {
        while failure == nil, isWaiting, PQisBusy(connection) == 0 {
            let result = PQgetResult(connection)
            switch mode {
            case .pipeline: pipelined(result)
            default: simple(result)
            }
        }
    }

    /// Whether the server owes something. In the middle of a COPY it does not: libpq would offer that state for ever.
    private var isWaiting: Bool {
        switch mode {
        case .pipeline: !expected.isEmpty
        case .copying, .copyWriting: false
        default: true
        }
    }

    private func pipelined(_ result: OpaquePointer?) {
        guard let next = expected.first else { return }
        guard let result else {
            // The end of one statement's results. A Sync has its own result and no such end.
            switch next {
            case .sync, .skipped: fail("libpq has nothing more, and a Sync is not answered")
            default: expected.removeFirst()
            }
            return
        }
        switch PQresultStatus(result) {
        case PGRES_PIPELINE_SYNC:
            PQclear(result)
            expected.removeFirst()
            endSegment(next)
        case PGRES_PIPELINE_ABORTED:
            PQclear(result)
            // An earlier statement of the segment failed, so this one was not even parsed.
            if case .prepare(let key) = next { statements.remove(key, isOnServer: false) }
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
            failed(next, result)
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            PQclear(result)
            fail("COPY was sent as a statement; rows go in through copy(_:rows:)")
        default:
            if case .execute = next { segmentResult = PostgresResult(result) } else { PQclear(result) }
        }
    }

    private func failed(_ next: Expected, _ result: OpaquePointer) {
        defer { PQclear(result) }
        var sql: String?
        switch next {
        case .prepare(let key):
            sql = key.sql.text
            statements.remove(key, isOnServer: false)
        case .execute(_, let text):
            sql = text
        case .sync, .skipped, .deallocate:
            break
        }
        guard let error = PostgresServerError(result: result, sql: sql) else { return fail(connection.errorText) }
        // The server says good-bye with a FATAL error, then closes: nothing more comes for those who wait.
        if error.isFatal { return fail("\(error.message) (\(error.sqlState))") }
        if error.isStalePlan, case .execute = next {
            statements.removeAll(areOnServer: error.sqlState != .invalidSQLStatementName)
            segmentIsStale = true
        }
        segmentError = segmentError ?? PostgresError.server(error)
    }

    private func endSegment(_ end: Expected) {
        let (error, result, isStale) = (takeError(), segmentResult, segmentIsStale)
        segmentResult = nil
        segmentIsStale = false
        switch end {
        case .skipped(let operation):
            complete(operation, .failure(error ?? CancellationError()))
        case .sync(let operation):
            if isStale, let reply = operation.reply, reply.mayRetry, transactionStatus == .idle {
                unsent.prepend(operation)
            } else if let error {
                complete(operation, .failure(error))
            } else {
                complete(operation, .success(result))
            }
        case .prepare, .execute, .deallocate:
            break
        }
    }

    /// The error of a segment that has ended; of one that came too late for its transaction, what failed that.
    private func takeError() -> (any Error)? {
        defer { segmentError = nil }
        if let error = segmentError as? PostgresError, error.sqlState == .inFailedSQLTransaction { return transactionError ?? error }
        switch transactionStatus {
        case .idle, .open: transactionError = nil
        // Unknown: more statements are under way.
        case .failed, .unknown: transactionError = segmentError ?? transactionError
        }
        return segmentError
    }

    /// A result outside the pipeline: of a script or a COPY.
    private func simple(_ result: OpaquePointer?) {
        guard let result else { return endSimple() }
        switch PQresultStatus(result) {
        case PGRES_COPY_IN:
            PQclear(result)
            guard case .copyStarting(let operation) = mode else { return fail("a script holds COPY FROM STDIN; rows go in through copy(_:rows:)") }
            mode = .copying
            complete(operation, .success(nil))
        case PGRES_COPY_OUT, PGRES_COPY_BOTH:
            PQclear(result)
            fail("COPY TO STDOUT is not supported")
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
            defer { PQclear(result) }
            guard let error = PostgresServerError(result: result, sql: simpleOperation?.sql) else { return fail(connection.errorText) }
            if error.isFatal { return fail("\(error.message) (\(error.sqlState))") }
            segmentError = segmentError ?? PostgresError.server(error)
        default:
            segmentResult = PostgresResult(result)
        }
    }

    private var simpleOperation: Operation? {
        switch mode {
        case .script(let operation), .copyStarting(let operation), .copyWriting(let operation), .copyEnding(let operation): operation
        case .pipeline, .copying: nil
        }
    }

    private func endSimple() {
        guard let operation = simpleOperation else { return }
        guard PQenterPipelineMode(connection) == 1 else { return fail(connection.errorText) }
        mode = .pipeline
        let (error, result) = (takeError(), segmentResult)
        segmentResult = nil
        if case .copyStart = operation.work, error == nil {
            complete(operation, .failure(PostgresError.unsendable("no COPY … FROM STDIN: \(operation.sql ?? "")")))
        } else if let error {
            complete(operation, .failure(error))
        } else {
            complete(operation, .success(result))
        }
    }
}
