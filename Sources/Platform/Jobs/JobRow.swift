import Postgres

/// One row of a job: its name for people, and the cursor after it.
public struct JobRow: Sendable, Equatable {
    /// Its name for people: `booking B-12`, `event 7`.
    public let name: String
    /// The cursor of a slice that begins after it.
    public let cursor: String

    /// A row's name and the cursor after it.
    public init(_ name: String, cursor: String) {
        self.name = name
        self.cursor = cursor
    }

    /// A row's name and its key.
    public init(_ name: String, _ key: KeysetCursor) { self.init(name, cursor: key.text) }
}

extension Transaction {
    /// The first row of a statement that selects the columns of a ``KeysetCursor`` and, of rows that people know by
    /// one, their `reference`.
    /// - Parameter kind: What such a row is called: `booking`.
    public func firstRow(_ sql: SQL, called kind: String, _ parameters: (any PostgresEncodable)...) async throws -> JobRow? {
        let first = try await postgres.query(sql, as: NamedKey.self, parameters: parameters).first
        return first.map { JobRow("\(kind) \($0.reference ?? "\($0.key.id)")", cursor: $0.key.text) }
    }

    private struct NamedKey: Decodable, Sendable {
        let reference: String?
        let key: KeysetCursor

        private enum Column: CodingKey {
            case reference
        }

        init(from decoder: any Decoder) throws {
            reference = try decoder.container(keyedBy: Column.self).decodeIfPresent(String.self, forKey: .reference)
            key = try KeysetCursor(from: decoder)
        }
    }
}
