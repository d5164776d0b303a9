/// An SQL file that is applied to a database once.
public struct Migration: Sendable, Equatable {
    /// The schema that it belongs to.
    public let schema: String
    /// The file, `Services/TicketsCache/Schema/0001-tickets.sql`.
    public let file: String
    /// Its text.
    public let sql: String

    /// The first line of a file whose statements cannot run in a transaction, such as `create index concurrently`. They
    /// are sent one by one, and again from the first one after an interruption: each must be repeatable (`if not
    /// exists`).
    public static let outsideTransaction = "-- outside a transaction"

    /// Whether its statements are sent one by one, each on its own.
    public var isOutsideTransaction: Bool { sql.split(whereSeparator: \.isNewline).first?.hasPrefix(Self.outsideTransaction) ?? false }

    /// All migrations, in the order for an empty database.
    public static let all: [Migration] = {
        let files = Embedded.files.sorted { $0.path < $1.path }
        func below(_ folder: String, for schema: String) -> [Migration] {
            files.filter { $0.path.hasPrefix("\(folder)/") }.map { Migration(schema: schema, file: $0.path, sql: $0.text) }
        }
        var schemas: Set<String> = []
        return below("Tools/Migrations/Schema", for: "storefront") + below("Platform/Schema/operations", for: "operations")
            + Domain.all.flatMap { domain in
                let messaging = schemas.insert(domain.schema).inserted ? below("Platform/Schema/service", for: domain.schema) : []
                return messaging + below("Services/\(domain.folder)/Schema", for: domain.schema)
            }
    }()

    /// All schemas.
    public static let schemas = ["storefront"] + Domain.all.map(\.schema)
}
