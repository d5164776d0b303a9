import Postgres

/// The migrations that a service was built with, compared with those that were applied to the database.
///
/// Those of its own schema and of the platform must be applied before it begins. Views of other schemas are not read
/// before there is work, so other missing migrations are looked for only when a statement finds no table, view or
/// column.
struct RequiredMigrations: Sendable {
    /// A row of `operations.migrations`.
    struct Applied: Decodable, Hashable, Sendable {
        let file: String
        let schema: String
    }

    private let schema: String
    private let own: [Applied]
    private let others: [String]

    /// The migrations of the service in a folder below Sources/Services, which is also the name of its module.
    init(schema: String, folder: String) {
        let files = Embedded.names.sorted()
        func find(below folder: String, of schema: String) -> [Applied] {
            files.filter { $0.hasPrefix("\(folder)/") }.map { Applied(file: $0, schema: schema) }
        }
        self.schema = schema
        let own =
            find(below: Self.shared, of: "operations") + find(below: "Platform/Schema/service", of: schema)
            + find(below: "Services/\(folder)/Schema", of: schema)
        self.own = own
        others = files.filter { file in !own.contains { $0.file == file } }
    }

    private init() { (schema, own, others) = ("", [], []) }

    /// No migrations.
    static let none = RequiredMigrations()

    private static let shared = "Platform/Schema/operations"

    /// The migrations that were applied to the database.
    /// - Throws: a `PostgresError`, also when the database is too old to be asked.
    static func applied(in database: PostgresClient) async throws -> Set<Applied> {
        Set(try await database.query("select file, schema from operations.migrations", as: Applied.self))
    }

    /// The first missing file without which the service cannot begin.
    func firstMissing(in applied: Set<Applied>) -> String? { own.first { !applied.contains($0) }?.file }

    /// The first missing file of this build, of any schema.
    func firstMissingAnywhere(in applied: Set<Applied>) -> String? {
        let files = Set(applied.map(\.file))
        return firstMissing(in: applied) ?? others.first { !files.contains($0) }
    }

    /// The last applied file of the service's schema or of the platform's that this build does not know: the database
    /// is newer.
    func newest(in applied: Set<Applied>) -> String? {
        applied.subtracting(own).filter { $0.schema == schema || $0.file.hasPrefix("\(Self.shared)/") }.map(\.file)
            .filter { !others.contains($0) }.max()
    }
}

/// A statement found no table, view or column, and a migration of this build has yet to be applied.
struct MissingMigration: Error {
    let file: String

    /// What the service waits for.
    var reason: String { Self.reason(file) }

    static func reason(_ file: String) -> String { "boxoffice migrate has yet to apply \(file)" }
}

extension PostgresError {
    /// Whether a missing migration would explain it: no such table, column, function or schema, no right to it yet, or
    /// no unique index for `on conflict`.
    var mayLackMigration: Bool {
        switch sqlState {
        case SQLState.undefinedTable, .undefinedColumn, .insufficientPrivilege, "42883", "3F000", "42P10": true
        default: false
        }
    }
}
