import Postgres

/// How the database itself is: what operations.database_health() says.
public struct DatabaseHealth: Decodable, Sendable {
    /// A table.
    public struct Table: Decodable, Sendable {
        /// `bookings.bookings`
        public let name: String
        /// With its indexes.
        public let bytes: Int
        /// Rows, by PostgreSQL's statistics.
        public let rows: Int
        /// Rows that were deleted or replaced and still take room.
        public let dead: Int
        /// How long ago it was last vacuumed; nil when that never happened, or is not asked.
        public let vacuumedSeconds: Int?
    }
    /// A table that is read in sequence.
    struct Scanned: Decodable, Sendable {
        let name: String
        let rows: Int
        let scans: Int
    }
    struct Index: Decodable, Sendable {
        let name: String
        let bytes: Int
    }
    /// A session with a transaction.
    struct Session: Decodable, Sendable {
        let process: Int
        let name: String
        /// As pg_stat_activity has it; nil when it is not visible.
        let state: String?
        /// How old its transaction is.
        let seconds: Int
        /// How long it has been in its state.
        let stateSeconds: Int?
    }
    /// A transaction that waits for its second phase.
    struct Prepared: Decodable, Sendable {
        let name: String
        let seconds: Int
    }
    struct Sequence: Decodable, Sendable {
        let name: String
        /// How much of its values is used, 0 to 1.
        let share: Double?
    }
    /// By which version of its collation the database was made, and which the server has.
    struct Collation: Decodable, Sendable {
        let recorded: String?
        let actual: String?
    }

    /// The whole database on the disk.
    public let bytes: Int
    /// The ten largest tables, the largest first.
    public let tables: [Table]
    /// Whether the transactions of all sessions are visible.
    public let areSessionsVisible: Bool
    /// How old the oldest transaction id is that a row still has.
    public let xidAge: Int
    /// Likewise of multixact ids, which row locks take.
    public let multixactAge: Int
    /// Since when scans are counted.
    let statisticsSeconds: Int
    let bloated: [Table]
    let scanned: [Scanned]
    let unusedIndexes: [Index]
    let invalidIndexes: [String]
    let sessions: [Session]
    let prepared: [Prepared]
    let sequences: [Sequence]
    let collation: Collation

    /// Reads it; nil when the server says nothing.
    public static func read(_ database: some PostgresQueryable) async throws -> DatabaseHealth? {
        try await first(of: database.query(Self.select))
    }

    /// Reads it in a transaction.
    public static func read(_ tx: Transaction) async throws -> DatabaseHealth? { try await first(of: tx.query(Self.select)) }

    private static func first(of rows: PostgresRows) throws -> DatabaseHealth? {
        for row in rows { return try row.decode(PostgresJSON.self, at: 0).decode(DatabaseHealth.self) }
        return nil
    }

    private static let select: SQL = "select operations.database_health() as health"
}
