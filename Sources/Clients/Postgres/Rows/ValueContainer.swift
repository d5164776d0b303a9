/// One column of a row, for types that are a single value: scalars, and enums by their raw value.
struct ValueContainer: SingleValueDecodingContainer {
    let decoder: RowDecoder
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool {
        decoder.row.isNull(at: decoder.column)
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        guard type is any PostgresDecodable.Type || decoder.layout.columns[decoder.column].type.isJSON else {
            return try T(from: decoder)
        }
        return try decoder.value(type, at: decoder.column)
    }
}
