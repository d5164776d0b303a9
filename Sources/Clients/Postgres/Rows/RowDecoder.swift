import FoundationEssentials

/// Reads a `Decodable` from a row: keyed from its columns, a single value from its first.
struct RowDecoder: Decoder {
    let row: PostgresRow
    let layout: RowLayout
    var column = 0
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func decode<R: Decodable>(_ type: R.Type) throws -> R {
        do {
            return try R(from: self)
        } catch let error as DecodingError {
            // A type's own `init(from:)` complains in its own words, an enum of an unknown raw value for one.
            throw PostgresDecodingError(row: row.index, column: columnName, type: "\(type)", reason: error.reason)
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(RowContainer<Key>(row: row, layout: layout))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard layout.columns.indices.contains(column), layout.columns[column].type.isJSON else {
            throw failure("list", "is no JSON and no array of a type known here")
        }
        return try row.decode(PostgresJSON.self, at: column).decode(List.self).container
    }

    /// Gets at the list of a document: the container that JSONDecoder would hand to its elements' owner.
    private struct List: Decodable {
        let container: any UnkeyedDecodingContainer

        init(from decoder: any Decoder) throws {
            container = try decoder.unkeyedContainer()
        }
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        guard layout.columns.indices.contains(column) else { throw failure("value", "does not exist: the row has no columns") }
        return ValueContainer(decoder: self)
    }

    private var columnName: String {
        layout.columns.indices.contains(column) ? layout.columns[column].name : "\(column)"
    }

    private func failure(_ type: String, _ reason: String) -> PostgresDecodingError {
        PostgresDecodingError(row: row.index, column: columnName, type: type, reason: reason)
    }
}

extension RowDecoder {
    /// One column as any type: by its binary form, through JSON, or by the type's own `init(from:)`.
    func value<T: Decodable>(_ type: T.Type, at column: Int) throws -> T {
        let isJSON = layout.columns[column].type.isJSON
        if let scalar = type as? any PostgresDecodable.Type, !isJSON || scalar.readsJSONText {
            func open<S: PostgresDecodable>(_ type: S.Type) throws -> Any { try row.decode(type, at: column) }
            guard let value = try open(scalar) as? T else { preconditionFailure("\(scalar) is \(type)") }
            return value
        }
        var nested = self
        nested.column = column
        if isJSON {
            if row.isNull(at: column) {
                // Optionals read their nil from a single value; everything else has none.
                guard type is any ExpressibleByNilLiteral.Type else { throw nested.failure("\(type)", "is NULL") }
                return try T(from: nested)
            }
            do {
                return try row.decode(PostgresJSON.self, at: column).decode(type)
            } catch let error as DecodingError {
                throw nested.failure("\(type)", error.reason)
            }
        }
        return try nested.decode(type)
    }
}

extension DecodingError {
    /// What is wrong, without the value.
    fileprivate var reason: String {
        switch self {
        case .keyNotFound(let key, _): "has no \"\(key.stringValue)\""
        case .typeMismatch(let type, let context): "is no \(type) at \(context.path)"
        case .valueNotFound(let type, let context): "has no \(type) at \(context.path)"
        case .dataCorrupted(let context): "is not valid at \(context.path)"
        @unknown default: "is not valid"
        }
    }
}

extension DecodingError.Context {
    fileprivate var path: String {
        codingPath.isEmpty ? "its top" : codingPath.map(\.stringValue).joined(separator: ".")
    }
}

extension PostgresType {
    var isJSON: Bool { self == .json || self == .jsonb }
}

extension PostgresDecodable {
    /// Whether a JSON column gives this type its text rather than what the text says.
    static var readsJSONText: Bool {
        Self.self is String.Type || Self.self is String?.Type || Self.self is Data.Type || Self.self is Data?.Type
            || Self.self is PostgresJSON.Type || Self.self is PostgresJSON?.Type
    }
}
