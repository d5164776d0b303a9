import Postgres

/// The session of a migration: its advisory lock and its steps, each a transaction that is repeated if it does not get
/// a lock.
struct MigrationSession: Sendable {
    let session: PostgresSession
    let watch: LockWatch
    let limits: MigrationLimits
    /// Whether a pooler lends connections per transaction: session state is not kept between transactions, so each
    /// takes the advisory lock again.
    let isPooled: Bool
    let report: @Sendable (String) -> Void

    /// Sets the session up; returns its server process.
    ///
    /// The server ends a session whose client is gone or stopped, and releases its advisory lock: the next migration
    /// waits a minute at most for a session that a power failure or a paused container left behind.
    func prepare(name: String) async throws -> Int {
        guard !isPooled else { return 0 }
        try await session.script(
            """
            set idle_session_timeout = '60s'; set idle_in_transaction_session_timeout = '60s'; set statement_timeout = 0;
            set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3; set tcp_user_timeout = '30s';
            set client_connection_check_interval = '5s'; set client_min_messages = warning;
            -- Of two that wait for each other the one that looks first gives up, and that shall not be a service. Superusers may set it.
            do $$ begin
                perform set_config('deadlock_timeout', '50ms', false);
            exception when insufficient_privilege then null;
            end $$
            """)
        _ = try await session.query("select set_config('application_name', $1, false)", name)
        return try await session.query("select pg_backend_pid()", as: Int.self).first ?? 0
    }

    /// Takes the advisory lock, as soon as the session that holds it has ended.
    ///
    /// Polls instead of waiting in one statement: a waiting statement would hold a snapshot, and `create index
    /// concurrently` of the other migration would wait for its end.
    func lock() async throws {
        guard !isPooled else { return }
        var reported: Set<Int> = []
        while try await session.query(Self.tryLock, as: Bool.self).first != true {
            for holder in try await session.query(Self.lockHolder, as: LockHolder.self) where reported.insert(holder.pid).inserted {
                report(
                    "Another migration is under way since \(holder.since): process \(holder.pid), \(holder.application), role \(holder.role); "
                        + "waiting until it ends")
            }
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    /// Runs a step in a transaction.
    func step(_ name: String, _ work: (PostgresSession) async throws -> Void) async throws {
        watch.begin(name)
        try await repeating(name) {
            try await session.script("begin; set local lock_timeout = '\(limits.lock.milliseconds)ms'")
            do {
                if isPooled { _ = try await session.query(Self.lockForTransaction) }
                try await work(session)
                try await session.script("commit")
            } catch {
                // If the connection is lost, the transaction is rolled back anyway.
                _ = try? await session.script("rollback")
                throw error
            }
        }
    }

    /// Applies a file, grants its schema's services their rights, and records it in operations.migrations.
    func apply(_ migration: Migration, rights: DatabaseRights) async throws {
        if migration.isOutsideTransaction {
            guard !isPooled else { throw MigrationFailure.pooled(file: migration.file) }
            watch.begin(migration.file)
            try await repeating(migration.file) { try await applyOutside(migration) }
        }
        try await step(migration.file) { session in
            // Behind a pooler another migration may have applied it, or this one before its connection was lost.
            guard try await session.query(Self.isApplied, as: Bool.self, migration.file, migration.schema).first != true else { return }
            if !migration.isOutsideTransaction {
                try await session.script("set local search_path = \(migration.schema), public")
                try await session.script(migration.sql)
            }
            try await rights.grant(migration.schema, session)
            try await session.execute(Self.note, migration.file, migration.schema, migration.sql)
        }
    }

    /// Sends the statements of a file one by one. While they wait for a lock they block no other session (which is why
    /// they run outside a transaction), so they may wait as long as all attempts of another file together.
    private func applyOutside(_ migration: Migration) async throws {
        try await session.script("set lock_timeout = '\(limits.file.milliseconds)ms'; set search_path = \(migration.schema), public")
        for index in try await session.query(Self.invalidIndexes, as: String.self, migration.schema, migration.sql) {
            try await session.script("drop index concurrently if exists \(index)")
        }
        for statement in SQLStatements.split(migration.sql) { try await session.script(statement) }
        try await session.script("reset lock_timeout; reset search_path")
    }

    /// Repeats the work while it does not get a lock, for up to ``MigrationLimits/file``.
    private func repeating(_ name: String, _ work: () async throws -> Void) async throws {
        let end = ContinuousClock.now + limits.file
        while true {
            do {
                return try await work()
            } catch let error as PostgresError where error.isConflict {
                guard .now < end else { throw MigrationFailure.locked(step: name, limit: limits.file, holder: watch.lastHolder) }
                try await Task.sleep(for: limits.pause)
            }
        }
    }

    private struct LockHolder: Decodable, Sendable {
        let pid: Int
        let application: String
        let role: String
        let since: String
    }

    private static let lockForTransaction: SQL = "select pg_advisory_xact_lock(1112496207, 1296648018)"

    private static let isApplied: SQL = "select exists (select from operations.migrations where file = $1 and schema = $2)"

    private static let tryLock: SQL = "select pg_try_advisory_lock(1112496207, 1296648018)"

    private static let lockHolder: SQL = """
        select l.pid, coalesce(a.application_name, '?') as application, coalesce(a.usename::text, '?') as role,
               coalesce(to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '?') as since
        from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'advisory' and l.granted and l.classid = 1112496207 and l.objid = 1296648018 and l.objsubid = 2
          and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
        """

    /// Invalid indexes that an interrupted build left behind: they are updated but never read.
    private static let invalidIndexes: SQL = """
        select format('%I.%I', n.nspname, c.relname)
        from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and not i.indisvalid and position(c.relname in $2::text) > 0
        """

    private static let note: SQL = "insert into operations.migrations (file, schema, checksum) values ($1, $2, md5($3))"
}

extension PostgresError {
    /// Whether the same transaction may succeed a moment later: no lock, a deadlock, or a catalog row that a migration
    /// of another database was changing (roles belong to the whole cluster).
    fileprivate var isConflict: Bool {
        switch sqlState {
        case SQLState.lockNotAvailable, .deadlockDetected, .serializationFailure, "42710": true
        case SQLState.uniqueViolation: server?.schema == "pg_catalog"
        case "XX000": message.contains("concurrently updated")
        default: false
        }
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
