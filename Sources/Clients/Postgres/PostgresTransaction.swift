import Synchronization

/// A transaction that is under way. Calls from several tasks are pipelined in the order of the calls.
public final class PostgresTransaction: PostgresQueryable {
    let lease: ConnectionLease
    private let savepoints = Mutex(0)

    init(lease: ConnectionLease) {
        self.lease = lease
    }

    /// The transaction's connection.
    public nonisolated(nonsending) func withLane<T>(_ body: nonisolated(nonsending) (ConnectionLease) async throws -> T) async throws -> T {
        try await body(lease)
    }

    /// Sends a statement without waiting for it: it goes with the next one, or with COMMIT. Its error is thrown there, with this SQL.
    ///
    /// - Throws: `PostgresError.unsendable` for a parameter that has no form on the wire; `.closed` after the transaction.
    public func enqueue(_ sql: SQL, _ parameters: (any PostgresEncodable)...) throws {
        try lease.enqueue(sql, PostgresWriter(parameters))
    }

    /// As `enqueue(_:_:)`, with the parameters as a list.
    public func enqueue(_ sql: SQL, parameters: [any PostgresEncodable]) throws {
        try lease.enqueue(sql, PostgresWriter(parameters))
    }

    /// Runs the body so that what it did is undone, and the transaction usable, if it throws. Not for several tasks at once.
    public nonisolated(nonsending) func savepoint<T>(_ body: nonisolated(nonsending) () async throws -> T) async throws -> T {
        let depth = savepoints.withLock { depth in
            depth += 1
            return depth
        }
        defer { savepoints.withLock { $0 -= 1 } }
        let (set, rollBack, release) = Self.statements(depth)
        let start = lease.position
        try lease.enqueue(set, PostgresWriter())
        do {
            let value = try await body()
            if lease.hasDeferred {
                try await lease.perform(.statement(release, PostgresWriter()))
            } else {
                try lease.enqueue(release, PostgresWriter())
            }
            return value
        } catch {
            // Nothing of it has gone out: there is nothing to undo.
            if lease.dropDeferred(from: start) { throw error }
            // If it fails the transaction has failed as a whole, for the same reason as the body: COMMIT will say so.
            try? lease.enqueue(rollBack, PostgresWriter())
            _ = try? await lease.perform(.statement(release, PostgresWriter()), shielded: true)
            throw error
        }
    }

    private static func statements(_ depth: Int) -> (SQL, SQL, SQL) {
        let name = "level\(depth)"
        return (SQL(file: "savepoint \(name)"), SQL(file: "rollback to savepoint \(name)"), SQL(file: "release savepoint \(name)"))
    }
}

// MARK: The end

extension PostgresTransaction {
    /// Sends what is deferred and COMMIT. A transaction that never sent anything has nothing to commit.
    func commit() async throws {
        guard lease.hasWork else { return }
        let result = try await lease.perform(.statement("commit", PostgresWriter()))
        // COMMIT of a failed transaction succeeds, as a ROLLBACK.
        guard result?.tag == "COMMIT" else {
            throw PostgresError.server(
                PostgresServerError(
                    sqlState: .inFailedSQLTransaction,
                    message: "the transaction was rolled back: one of its statements had failed, and its error was not passed on"))
        }
    }

    /// Sends what is deferred and has the deferred constraints checked, so that a dry run fails where the real one would.
    func check() async throws {
        guard lease.hasWork else { return }
        try await lease.perform(.statement("set constraints all immediate", PostgresWriter()))
    }

    /// Rolls back what is not committed; whether the connection is as it was before.
    func end() async -> Bool {
        defer { lease.end() }
        lease.dropDeferred()
        guard lease.hasSent, lease.status != .idle else { return lease.status == .idle }
        _ = try? await lease.perform(.statement("rollback", PostgresWriter()), shielded: true)
        return lease.status == .idle
    }
}
