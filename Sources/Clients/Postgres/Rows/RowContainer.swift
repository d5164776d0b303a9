/// The columns of a row by the names of properties.
struct RowContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let row: PostgresRow
    let layout: RowLayout
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { layout.columns.compactMap { Key(stringValue: $0.name) } }

    func contains(_ key: Key) -> Bool {
        layout.position(of: key) != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        row.isNull(at: try column(key, "nil"))
    }

    // The common types go straight to their column; the rest through the generic one.
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try scalar(type, key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try scalar(type, key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try scalar(type, key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try scalar(type, key) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try scalar(type, key) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try scalar(type, key) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try scalar(type, key) }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        let column = try column(key, "\(type)")
        return try RowDecoder(row: row, layout: layout).value(type, at: column)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
        throw PostgresDecodingError(row: row.index, column: key.stringValue, type: "nested container", reason: "is read with a nested type instead")
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw PostgresDecodingError(row: row.index, column: key.stringValue, type: "nested list", reason: "is read with a nested type instead")
    }

    func superDecoder() throws -> any Decoder {
        RowDecoder(row: row, layout: layout)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        RowDecoder(row: row, layout: layout, column: try column(key, "super"))
    }

    // The name of a type costs more to make than its value to read.
    private func column(_ key: Key, _ type: @autoclosure () -> String) throws -> Int {
        guard let column = layout.position(of: key) else {
            let known = layout.columns.map(\.name).joined(separator: ", ")
            throw PostgresDecodingError(row: row.index, column: key.stringValue, type: type(), reason: "is missing; the columns are \(known)")
        }
        return column
    }

    private func scalar<T: PostgresDecodable>(_ type: T.Type, _ key: Key) throws -> T {
        try row.result.decode(type, row: row.index, column: try column(key, "\(type)"))
    }
}
