import ClientSupport
import Logging
import Synchronization

/// A pool of connections to one database. Connects when it is first used, and again whenever a connection is lost.
///
/// One thread of its own owns the connections; callers are asynchronous and never block. A call that meets a lost connection throws
/// `PostgresError.connectionLost` (a transient error: do the work again); the next call gets a new connection.
public final class PostgresClient: PostgresQueryable {
    let pool: Pool

    /// A client that has yet to connect. End it with `close()`.
    public init(_ configuration: PostgresConfiguration, logger: Logger) {
        pool = Pool(configuration, logger)
    }

    deinit {
        pool.abandon()
    }

    /// Whether the last thing that was tried on the wire worked.
    public var isConnected: Bool { pool.isConnected.load(ordering: .relaxed) }

    /// How much of the pool is in use.
    public var usage: PoolUsage { pool.usage }

    /// Waits for what is in hand, then closes the connections. Later calls throw `PostgresError.closed`.
    public func close() async {
        await pool.close()
    }

    /// Whether somebody stands between this client and the server: the process that the login told of is not the server's.
    public func isPooled() async throws -> Bool {
        try await withLane { lease in
            let result = try await lease.perform(.statement("select pg_backend_pid()", PostgresWriter()))
            guard let result, let process = try PostgresRows(result: result).decode(as: Int.self).first else { return false }
            return process != pool.process(of: lease.connection)
        }
    }

    /// Closes every connection, those in use when they come back: the next calls may reach another host.
    public func reconnect() {
        pool.retire()
    }

    /// The statement that has waited longest for the server's answer, and how long; nil when none does.
    public func oldestStatement() async -> (sql: String, age: Duration)? {
        await pool.oldestStatement()
    }

    /// Stops what the server is at, commits excepted: the callers get `CancellationError`, as if their tasks were cancelled.
    public func cancelStatements() {
        pool.commandQueue.post(.cancelStatements)
    }

    /// Asks the server for a sign of life.
    public func ping() async throws {
        _ = try await query("select 1")
    }

    /// A connection for one statement.
    public nonisolated(nonsending) func withLane<T>(_ body: nonisolated(nonsending) (ConnectionLease) async throws -> T) async throws -> T {
        let lease = ConnectionLease(connection: try await pool.lease(), pool: pool, isAutocommit: true)
        // A statement that opened a transaction has no place here: its connection is closed rather than handed on.
        defer { pool.release(lease.connection, reusable: lease.status == .idle) }
        return try await body(lease)
    }

    /// Keeps one connection for the body: advisory locks, settings, LISTEN. It goes back as clean as it came, or is closed.
    public nonisolated(nonsending) func withConnection<T: Sendable>(
        _ body: nonisolated(nonsending) (PostgresSession) async throws -> T
    ) async throws -> T {
        let lease = ConnectionLease(connection: try await pool.lease(), pool: pool, isAutocommit: true)
        let outcome: Result<T, any Error>
        do {
            outcome = .success(try await body(PostgresSession(lease: lease)))
        } catch {
            outcome = .failure(error)
        }
        if lease.hasSent { _ = try? await lease.perform(.script(Self.clearing), shielded: true) }
        lease.end()
        pool.release(lease.connection, reusable: lease.status == .idle)
        return try outcome.get()
    }

    /// What `DISCARD ALL` does, but for the prepared statements.
    private static let clearing = """
        rollback; close all; unlisten *; select pg_advisory_unlock_all(); discard temp; discard sequences;
        reset session authorization; reset all
        """
}

// MARK: Transactions

extension PostgresClient {
    /// Runs the body in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// BEGIN goes with the first statement and COMMIT with what is deferred, so neither costs a round trip of its own. A cancelled task stops
    /// the running statement and rolls back.
    ///
    /// - Throws: what the body throws; the error of a deferred statement or of COMMIT. A body that swallowed the error of a statement has no
    ///   transaction left to commit: that is `in_failed_sql_transaction`.
    public nonisolated(nonsending) func transaction<T: Sendable>(
        readOnly: Bool = false, _ body: nonisolated(nonsending) (PostgresTransaction) async throws -> T
    ) async throws -> T {
        try await run(readOnly ? "begin read only" : "begin", body) { try await $0.commit() }
    }

    /// Runs the body in a transaction that is always rolled back, constraints that are deferred checked first.
    public nonisolated(nonsending) func dryRun<T: Sendable>(
        _ body: nonisolated(nonsending) (PostgresTransaction) async throws -> T
    ) async throws -> T {
        try await run("begin", body) { try await $0.check() }
    }

    private nonisolated(nonsending) func run<T: Sendable>(
        _ begin: SQL, _ body: nonisolated(nonsending) (PostgresTransaction) async throws -> T,
        finish: nonisolated(nonsending) (PostgresTransaction) async throws -> Void
    ) async throws -> T {
        let lease = ConnectionLease(connection: try await pool.lease(), pool: pool, isAutocommit: false)
        let transaction = PostgresTransaction(lease: lease)
        var outcome: Result<T, any Error>
        do {
            try lease.enqueue(begin, PostgresWriter())
            outcome = .success(try await body(transaction))
            try Task.checkCancellation()
            try await finish(transaction)
        } catch {
            outcome = .failure(error)
        }
        let isClean = await transaction.end()
        pool.release(lease.connection, reusable: isClean)
        return try outcome.get()
    }
}
