import FoundationEssentials
import Postgres

/// Brings a database to the state that this build needs: roles, schemas, tables, grants. Repeating it changes nothing.
///
/// Each file is a transaction of its own (or none, see ``Migration/isOutsideTransaction``), so that its locks are not
/// held while the next file waits, and applied files stay applied whatever fails later. One session does everything and
/// holds an advisory lock meanwhile.
public struct Migrator: Sendable {
    private let database: PostgresClient
    private let pooler: PostgresPooler
    private let name: String
    private let migrations: [Migration]
    private let limits: MigrationLimits
    private let report: @Sendable (String) -> Void

    /// A migrator for a database, as a role that may create roles and schemas.
    /// - Parameters:
    ///   - database: With two connections the migrator can report who holds a lock that it waits for.
    ///   - pooler: The pooler in front of the database.
    ///   - name: Its `application_name`, which other sessions see.
    ///   - report: Called with each line about what the migrator does and waits for.
    public init(
        _ database: PostgresClient, pooler: PostgresPooler = .none, name: String = "boxoffice migrate", migrations: [Migration] = Migration.all,
        limits: MigrationLimits = MigrationLimits(), report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.database = database
        self.pooler = pooler
        self.name = name
        self.migrations = migrations
        self.limits = limits
        self.report = report
    }

    /// Applies missing files. Several migrators may run at once: an advisory lock admits one, the others find nothing
    /// to do.
    ///
    /// Waits for a database that does not answer, starts again after a connection loss, and repeats a file that does
    /// not get a lock.
    /// - Parameter passwords: Passwords by role; a role without one keeps what it has.
    /// - Returns: the files that were applied.
    /// - Throws: ``MigrationFailure`` or a `PostgresError`.
    @discardableResult
    public func migrate(passwords: [String: String] = [:]) async throws -> [String] {
        var applied: [String] = []
        var outage: (began: ContinuousClock.Instant, applied: Int)?
        while true {
            do {
                try await database.withConnection { session in
                    try await run(session, passwords) { applied.append($0) }
                }
                return applied
            } catch let error as PostgresError where error.isWorthWaiting && !Task.isCancelled {
                if outage?.applied != applied.count {
                    outage = (.now, applied.count)
                    report("Waiting for the database: \(error.message)")
                }
                guard let began = outage?.began, .now < began + limits.outage else {
                    throw MigrationFailure.unavailable(limit: limits.outage, reason: error.message)
                }
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }

    private func run(_ postgres: PostgresSession, _ passwords: [String: String], applied: (String) -> Void) async throws {
        let watch = LockWatch(database, report: report)
        let session = MigrationSession(session: postgres, watch: watch, limits: limits, isPooled: pooler == .transaction, report: report)
        let process = try await session.prepare(name: name)
        let watching = Task { await watch.run(process: process) }
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await apply(session, passwords, applied: applied))
        } catch {
            outcome = .failure(error)
        }
        watching.cancel()
        await watching.value
        try outcome.get()
    }

    private func apply(_ session: MigrationSession, _ passwords: [String: String], applied: (String) -> Void) async throws {
        try await session.lock()
        session.watch.begin("Reading operations.migrations")
        if try await Self.hasLedger(session.session) { _ = try await missing(session.session) }
        let rights = DatabaseRights(session: session)
        try await rights.roles(passwords)
        try await session.step("Making the schemas") { postgres in
            for schema in Migration.schemas { try await postgres.script(SQL(file: "create schema if not exists \(schema)").text) }
            try await postgres.script(Self.ledger)
        }
        try await rights.searchPaths()
        for migration in try await missing(session.session) {
            try await session.apply(migration, rights: rights)
            applied(migration.file)
            report("applied \(migration.file)")
        }
        // Also grants that an earlier, interrupted migration left out.
        for domain in Domain.all { try await session.step("Granting") { try await rights.grant(domain.schema, $0) } }
    }

    private static func hasLedger(_ postgres: some PostgresQueryable) async throws -> Bool {
        try await postgres.query("select to_regclass('operations.migrations') is not null", as: Bool.self).first == true
    }

    /// The files that must be applied, in order.
    private func missing(_ postgres: some PostgresQueryable) async throws -> [Migration] {
        let known = try await postgres.query("select file, schema, checksum from operations.migrations", as: Applied.self)
        let checksums = try await Self.checksums(migrations, postgres)
        return try zip(migrations, checksums).compactMap { migration, checksum in
            guard let before = known.first(where: { $0.file == migration.file && $0.schema == migration.schema }) else { return migration }
            guard before.checksum == checksum else { throw MigrationFailure.changed(file: migration.file) }
            return nil
        }
    }

    private static func checksums(_ migrations: [Migration], _ postgres: some PostgresQueryable) async throws -> [String] {
        try await postgres.query(
            "select md5(sql) from unnest($1::text[]) with ordinality as files(sql, place) order by place", as: String.self, migrations.map(\.sql))
    }

    private struct Applied: Decodable, Sendable {
        let file: String
        let schema: String
        let checksum: String
    }

    /// Every service compares this table with the files that it was built with.
    private static let ledger = """
        create table if not exists operations.migrations (
            file       text        collate "C" not null,
            schema     text        collate "C" not null,
            checksum   text        not null,
            applied_at timestamptz not null default now(),
            primary key (file, schema)
        );
        grant usage on schema operations to boxoffice_services;
        grant select on operations.migrations to boxoffice_services
        """
}

// MARK: Comparing

extension Migrator {
    /// A database compared with the files of this build.
    public struct State: Sendable, Equatable {
        /// Files that must still be applied, in order.
        public let missing: [String]
        /// Files that were changed after they were applied.
        public let changed: [String]
        /// Applied files that this build does not have.
        public let unknown: [String]
    }

    /// Compares without changing anything.
    /// - Throws: a `PostgresError`.
    public func state() async throws -> State {
        let applied =
            try await Self.hasLedger(database)
            ? try await database.query("select file, schema, checksum from operations.migrations", as: Applied.self) : []
        var missing: [String] = []
        var changed: [String] = []
        for (migration, checksum) in zip(migrations, try await Self.checksums(migrations, database)) {
            switch applied.first(where: { $0.file == migration.file && $0.schema == migration.schema })?.checksum {
            case nil: missing.append(migration.file)
            case checksum: continue
            default: changed.append(migration.file)
            }
        }
        let unknown = applied.filter { one in !migrations.contains { $0.file == one.file && $0.schema == one.schema } }
        return State(missing: missing, changed: changed, unknown: unknown.map(\.file))
    }
}

extension PostgresError {
    /// Whether the database may answer soon: it starts, it restarts, all its connections are in use, it is about to be
    /// promoted.
    fileprivate var isWorthWaiting: Bool {
        // The peer closed the connection during the TLS handshake.
        if case .secureConnectionFailed(let reason) = self { return reason.contains("SYSCALL") }
        return switch outage {
        case .unreachable, .exhausted, .readOnly: true
        case .loginRefused, .insecure, nil: false
        }
    }
}
