/// The rows that a statement returned. They share the memory of the result, which lives as long as any of them.
public struct PostgresRows: RandomAccessCollection, Sendable {
    let result: PostgresResult

    /// 0
    public var startIndex: Int { 0 }
    /// The number of rows.
    public var endIndex: Int { result.rowCount }
    /// The columns, in order.
    public var columns: [PostgresColumn] { result.columns }
    /// How many rows the statement inserted, changed, deleted or returned.
    public var affectedRows: Int { result.affectedRows }

    /// A row by its number.
    public subscript(position: Int) -> PostgresRow {
        precondition(indices.contains(position), "row \(position) of \(count)")
        return PostgresRow(result: result, index: position)
    }
}

extension PostgresRows {
    /// The rows as values: a struct by column names (`user_id` ↔ `userId`), anything else from the first column.
    ///
    /// - Throws: `PostgresDecodingError`.
    public func decode<R: Decodable>(as type: R.Type = R.self) throws -> [R] {
        if let fast = type as? any PostgresRowDecodable.Type {
            return try map { row in
                guard let value = try fast.init(row: row) as? R else { preconditionFailure("\(fast) is \(type)") }
                return value
            }
        }
        if let scalar = type as? any PostgresDecodable.Type, !(columns.first?.type.isJSON ?? false) || scalar.readsJSONText {
            return try map { row in
                guard let value = try row.scalar(scalar) as? R else { preconditionFailure("\(scalar) is \(type)") }
                return value
            }
        }
        let layout = RowLayout(columns)
        return try map { try RowDecoder(row: $0, layout: layout).decode(type) }
    }

    /// The rows through `init(row:)`.
    public func decode<R: PostgresRowDecodable>(as type: R.Type = R.self) throws -> [R] {
        try map(R.init(row:))
    }

    /// The rows through `init(row:)`, which goes over `Decodable`.
    public func decode<R: PostgresRowDecodable & Decodable>(as type: R.Type = R.self) throws -> [R] {
        try map(R.init(row:))
    }
}
