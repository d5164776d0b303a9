import Postgres

/// The migrations that a service was built with, held against those that the database has had.
///
/// Its own schema's and the platform's must be there before it begins. Of the others' views it reads none before it has work, so what is
/// missing anywhere is asked for only when a statement finds no table, view or column.
struct RequiredMigrations: Sendable {
    /// A file as the ledger knows it.
    struct Applied: Decodable, Hashable, Sendable {
        let file: String
        let schema: String
    }

    private let schema: String
    private let own: [Applied]
    private let others: [String]

    /// Of the service in a folder below Sources/Services, which is also the name of its module.
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

    /// Needs none.
    static let none = RequiredMigrations()

    private static let shared = "Platform/Schema/operations"

    /// What the database has had.
    /// - Throws: a `PostgresError`, also when it is so old that it cannot be asked.
    static func applied(in database: PostgresClient) async throws -> Set<Applied> {
        Set(try await database.query("select file, schema from operations.migrations", as: Applied.self))
    }

    /// The first file without which the service cannot begin.
    func firstMissing(in applied: Set<Applied>) -> String? { own.first { !applied.contains($0) }?.file }

    /// The first file of this build that is missing, whosever it is.
    func firstMissingAnywhere(in applied: Set<Applied>) -> String? {
        let files = Set(applied.map(\.file))
        return firstMissing(in: applied) ?? others.first { !files.contains($0) }
    }

    /// The last file of the service's schema or of the platform's that this build does not know: the database is newer.
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
    /// Whether a migration that is missing would explain it: no such table, column, function or schema, no right to it yet, or no unique
    /// index for `on conflict`.
    var mayLackMigration: Bool {
        switch sqlState {
        case SQLState.undefinedTable, .undefinedColumn, .insufficientPrivilege, "42883", "3F000", "42P10": true
        default: false
        }
    }
}
