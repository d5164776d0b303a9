import CPostgres
import DequeModule

extension ConnectionStateMachine {
    var canSend: Bool {
        guard let next = unsent.first else { return false }
        switch (next.work, mode) {
        case (.statement, .pipeline), (.sync, .pipeline): return true
        case (.script, .pipeline), (.copyStart, .pipeline): return expected.isEmpty
        case (.copyData, .copying), (.copyEnd, .copying): return true
        // Rows for a COPY that the server has refused meanwhile.
        case (.copyData, .pipeline), (.copyEnd, .pipeline): return expected.isEmpty
        default: return false
        }
    }

    /// Hands to libpq what may go now, in order.
    func send() {
        while failure == nil, canSend, let operation = unsent.first {
            unsent.removeFirst()
            let sent = send(operation)
            if !sent { fail(connection.errorText) }
        }
    }

    /// False: libpq would not take it.
    private func send(_ operation: Operation) -> Bool {
        switch operation.work {
        case .script where operation.isCancelled, .copyStart where operation.isCancelled:
            complete(operation, .failure(CancellationError()))
            return true
        case .statement(let sql, let parameters):
            if operation.isCancelled {
                expected.append(.skipped(operation))
                return PQpipelineSync(connection) == 1
            }
            guard deallocateAbandoned(), send(sql, parameters) else {
                expected.append(.sync(operation))
                return false
            }
            return operation.reply == nil || sync(operation)
        case .sync:
            return sync(operation)
        case .script(let text):
            mode = .script(operation)
            return PQexitPipelineMode(connection) == 1 && PQsendQuery(connection, text) == 1
        case .copyStart(let sql):
            mode = .copyStarting(operation)
            return PQexitPipelineMode(connection) == 1 && PQsendQuery(connection, sql.text) == 1
        case .copyData(let bytes):
            return put(bytes, operation)
        case .copyEnd(let failure):
            guard case .copying = mode else { return refuse(operation) }
            mode = .copyEnding(operation)
            return PQputCopyEnd(connection, failure) == 1
        }
    }

    private func sync(_ operation: Operation) -> Bool {
        expected.append(.sync(operation))
        return PQpipelineSync(connection) == 1
    }

    private func refuse(_ operation: Operation) -> Bool {
        complete(operation, .failure(PostgresError.closed))
        return true
    }

    private func put(_ bytes: [UInt8], _ operation: Operation) -> Bool {
        guard case .copying = mode else { return refuse(operation) }
        mode = .copyWriting(operation)
        let status = bytes.withUnsafeBytes { buffer in
            PQputCopyData(connection, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count))
        }
        // 0 would mean that libpq's buffer is full; it is empty, as the rows before have left.
        return status == 1
    }

    /// Sends a statement, and in front of it its Parse if this connection has not prepared it yet.
    private func send(_ sql: SQL, _ writer: PostgresWriter) -> Bool {
        let parameters = writer.parameters
        let key = StatementCache.Key(sql: sql, types: parameters.map(\.type))
        let count = Int32(parameters.count)
        var name: String?
        if !prepares {
            name = nil
        } else if let known = statements.name(for: key) {
            name = known
        } else {
            let added = statements.add(key)
            let types = parameters.map(\.type.rawValue)
            guard PQsendPrepare(connection, added, sql.text, count, types) == 1 else { return false }
            expected.append(.prepare(key))
            name = added
        }
        expected.append(.execute(key, sql: sql.text))
        if parameters.isEmpty {
            guard let name else { return PQsendQueryParams(connection, sql.text, 0, nil, nil, nil, nil, 1) == 1 }
            return PQsendQueryPrepared(connection, name, 0, nil, nil, nil, 1) == 1
        }
        return execute(name, sql, writer)
    }

    /// Sends a statement with its parameters: by its name if it is prepared, else its text.
    private func execute(_ name: String?, _ sql: SQL, _ writer: PostgresWriter) -> Bool {
        let parameters = writer.parameters
        let count = Int32(parameters.count)
        return writer.bytes.withUnsafeBytes { bytes in
            // A value of no bytes is not NULL: it needs some address, and an empty buffer may have none.
            withUnsafePointer(to: CChar(0)) { empty in
                let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? empty
                let values = parameters.map { $0.start.map { base + $0 } }
                let lengths = parameters.map { Int32(clamping: $0.length) }
                let formats = parameters.map { Int32($0.isBinary ? 1 : 0) }
                guard let name else {
                    return PQsendQueryParams(connection, sql.text, count, parameters.map(\.type.rawValue), values, lengths, formats, 1) == 1
                }
                return PQsendQueryPrepared(connection, name, count, values, lengths, formats, 1) == 1
            }
        }
    }

    /// Frees on the server what the cache has given up, in a segment of its own. Only between transactions, where it cannot fail for
    /// another's fault.
    private func deallocateAbandoned() -> Bool {
        guard !statements.abandoned.isEmpty, expected.isEmpty, transactionStatus == .idle else { return true }
        for name in statements.takeAbandoned() {
            guard PQsendQueryParams(connection, "deallocate \(name)", 0, nil, nil, nil, nil, 1) == 1 else { return false }
            expected.append(.deallocate)
        }
        return sync(Operation(work: .sync, reply: nil))
    }
}
