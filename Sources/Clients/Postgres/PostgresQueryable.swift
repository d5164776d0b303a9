/// What statements can be sent to: a client (each stands alone), a transaction, or a session.
///
/// All of these throw `PostgresError`, `PostgresDecodingError`, or `CancellationError` if the task is cancelled: its statement is stopped then.
public protocol PostgresQueryable: Sendable {
    /// Lends a connection for as long as the body runs.
    nonisolated(nonsending) func withLane<T>(_ body: nonisolated(nonsending) (ConnectionLease) async throws -> T) async throws -> T
}

extension PostgresQueryable {
    /// The rows of a statement.
    public func query(_ sql: SQL, _ parameters: (any PostgresEncodable)...) async throws -> PostgresRows {
        try await query(sql, parameters: parameters)
    }

    /// The rows of a statement whose parameters are a list.
    public func query(_ sql: SQL, parameters: [any PostgresEncodable]) async throws -> PostgresRows {
        let work = Operation.Work.statement(sql, try PostgresWriter(parameters))
        guard let result = try await withLane({ try await $0.perform(work) }) else { throw PostgresError.unsendable("no statement: \(sql.text)") }
        return PostgresRows(result: result)
    }

    /// The rows of a statement as values: see `PostgresRows.decode(as:)`.
    public func query<R: Decodable & Sendable>(_ sql: SQL, as type: R.Type, _ parameters: (any PostgresEncodable)...) async throws -> [R] {
        try await query(sql, parameters: parameters).decode(as: type)
    }

    /// The rows of a statement as values: see `PostgresRows.decode(as:)`.
    public func query<R: Decodable & Sendable>(_ sql: SQL, as type: R.Type, parameters: [any PostgresEncodable]) async throws -> [R] {
        try await query(sql, parameters: parameters).decode(as: type)
    }

    /// The rows of a statement through `init(row:)`.
    public func query<R: PostgresRowDecodable & Sendable>(
        _ sql: SQL, as type: R.Type, _ parameters: (any PostgresEncodable)...
    ) async throws -> [R] {
        try await query(sql, parameters: parameters).map(R.init(row:))
    }

    /// The rows of a statement through `init(row:)`, which goes over `Decodable`.
    public func query<R: PostgresRowDecodable & Decodable & Sendable>(
        _ sql: SQL, as type: R.Type, _ parameters: (any PostgresEncodable)...
    ) async throws -> [R] {
        try await query(sql, parameters: parameters).map(R.init(row:))
    }

    /// Runs a statement; how many rows it touched.
    @discardableResult
    public func execute(_ sql: SQL, _ parameters: (any PostgresEncodable)...) async throws -> Int {
        try await execute(sql, parameters: parameters)
    }

    /// Runs a statement whose parameters are a list; how many rows it touched.
    @discardableResult
    public func execute(_ sql: SQL, parameters: [any PostgresEncodable]) async throws -> Int {
        try await query(sql, parameters: parameters).affectedRows
    }

    /// Runs several statements, separated by semicolons and without parameters: migrations. Outside a transaction they are one by themselves.
    public func script(_ text: String) async throws {
        try await withLane { lease in
            try await lease.settle()
            try await lease.perform(.script(text))
        }
    }
}
