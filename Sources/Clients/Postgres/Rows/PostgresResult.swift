import CPostgres

/// A result of libpq, freed with its last row.
///
/// `@unchecked Sendable`: libpq never changes a PGresult that it has handed out, nor does anything here before `deinit` frees it.
final class PostgresResult: @unchecked Sendable {
    private let pointer: OpaquePointer
    let rowCount: Int
    let columns: [PostgresColumn]

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        rowCount = Int(PQntuples(pointer))
        columns = (0..<PQnfields(pointer)).map { column in
            PostgresColumn(
                name: PQfname(pointer, column).map { String(cString: $0) } ?? "",
                type: PostgresType(rawValue: PQftype(pointer, column)))
        }
    }

    deinit {
        PQclear(pointer)
    }

    /// How many rows the statement touched, as its command tag says.
    var affectedRows: Int {
        PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// The command tag: `SELECT 1`, `COMMIT`, `ROLLBACK` …
    var tag: String {
        PQcmdStatus(pointer).map { String(cString: $0) } ?? ""
    }

    func isNull(row: Int, column: Int) -> Bool {
        PQgetisnull(pointer, Int32(row), Int32(column)) != 0
    }

    /// Reads a value. Row and column exist: the callers have looked.
    func decode<T: PostgresDecodable>(_ type: T.Type, row: Int, column: Int) throws -> T {
        do {
            guard !isNull(row: row, column: column) else { return try T.decodeNull() }
            return try withBytes(row: row, column: column) { try T(PostgresValue(type: columns[column].type, bytes: $0)) }
        } catch let error as PostgresValueError {
            throw PostgresDecodingError(row: row, column: columns[column].name, type: "\(type)", reason: error.reason)
        }
    }

    func withBytes<T>(row: Int, column: Int, _ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        let length = Int(PQgetlength(pointer, Int32(row), Int32(column)))
        let start = PQgetvalue(pointer, Int32(row), Int32(column))
        return try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(start: start, count: length)) }
    }
}

/// A column of a result.
public struct PostgresColumn: Sendable, Hashable {
    /// As the statement calls it.
    public let name: String
    /// Its type.
    public let type: PostgresType
}
