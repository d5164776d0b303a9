/// One row of a result.
public struct PostgresRow: Sendable {
    let result: PostgresResult
    /// Which row of the result this is, from 0.
    public let index: Int

    /// The columns, in order.
    public var columns: [PostgresColumn] { result.columns }

    /// The value of a column by its place, from 0.
    ///
    /// - Throws: `PostgresDecodingError` if there is no such column, or its value is none of this type.
    public func decode<T: PostgresDecodable>(_ type: T.Type = T.self, at column: Int) throws -> T {
        guard columns.indices.contains(column) else {
            throw PostgresDecodingError(row: index, column: "\(column)", type: "\(type)", reason: "does not exist; there are \(columns.count)")
        }
        return try result.decode(type, row: index, column: column)
    }

    /// The value of a column by its name; the first of that name.
    ///
    /// - Throws: `PostgresDecodingError` if there is no such column, or its value is none of this type.
    public func get<T: PostgresDecodable>(_ name: String, as type: T.Type = T.self) throws -> T {
        guard let column = columns.firstIndex(where: { $0.name == name }) else {
            throw PostgresDecodingError(row: index, column: name, type: "\(type)", reason: "does not exist")
        }
        return try result.decode(type, row: index, column: column)
    }

    /// The value of a column by its name, to be read as any type; nil if there is no such column.
    public subscript(name: String) -> PostgresCell? {
        columns.firstIndex { $0.name == name }.map { PostgresCell(row: self, column: $0) }
    }

    /// Whether a column, by its place from 0, is NULL.
    public func isNull(at column: Int) -> Bool {
        result.isNull(row: index, column: column)
    }

    /// The row as a value, by the rules of `PostgresRows.decode(as:)`. For many rows that function is faster.
    public func decode<R: Decodable>(as type: R.Type = R.self) throws -> R {
        if let fast = type as? any PostgresRowDecodable.Type, let value = try fast.init(row: self) as? R { return value }
        return try RowDecoder(row: self, layout: RowLayout(columns)).decode(type)
    }

    func scalar(_ type: any PostgresDecodable.Type) throws -> Any {
        func open<T: PostgresDecodable>(_ type: T.Type) throws -> Any { try decode(type, at: 0) }
        return try open(type)
    }
}

/// One value of a row, not yet read as a type.
public struct PostgresCell: Sendable {
    let row: PostgresRow
    let column: Int

    /// Whether it is NULL.
    public var isNull: Bool { row.isNull(at: column) }

    /// The value as a type.
    ///
    /// - Throws: `PostgresDecodingError` if it is none of this type.
    public func get<T: PostgresDecodable>(as type: T.Type = T.self) throws -> T {
        try row.decode(type, at: column)
    }
}

/// A type that reads a whole row by itself: the fast way, without `Decodable`.
public protocol PostgresRowDecodable {
    /// The value from a row.
    ///
    /// - Throws: `PostgresDecodingError`, as the getters of the row do.
    init(row: PostgresRow) throws
}
