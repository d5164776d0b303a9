/// A type that a value of a result can be read as.
public protocol PostgresDecodable {
    /// The value from its binary form.
    ///
    /// - Throws: `PostgresValueError` if the type or this value does not fit.
    init(_ value: PostgresValue) throws

    /// What NULL is read as; throws for everything but optionals.
    static func decodeNull() throws -> Self

    /// What an array of these is read from.
    static func decodeArray(_ value: PostgresValue) throws -> [Self]
}

extension PostgresDecodable {
    /// NULL is no value of this type.
    public static func decodeNull() throws -> Self {
        throw PostgresValueError(reason: "is NULL")
    }

    /// From a one-dimensional array.
    public static func decodeArray(_ value: PostgresValue) throws -> [Self] {
        guard value.bytes.count >= 12, !value.type.isTextual || value.type.rawValue >= 16384 else { throw value.mismatch }
        let dimensions: Int32 = try value.integer(at: 0)
        let flags: Int32 = try value.integer(at: 4)
        let element = PostgresType(rawValue: try value.integer(at: 8))
        guard (0...1).contains(dimensions), (0...1).contains(flags) else { throw value.invalid("no one-dimensional array") }
        guard dimensions == 1 else { return [] }
        let count = Int(try value.integer(at: 12) as Int32)
        var offset = 20
        // A NULL takes four bytes at least: a count beyond that is no array.
        guard count >= 0, count <= value.bytes.count / 4 else { throw value.mismatch }
        var elements: [Self] = []
        elements.reserveCapacity(count)
        for _ in 0..<count {
            let length = Int(try value.integer(at: offset) as Int32)
            offset += 4
            if length < 0 {
                elements.append(try decodeNull())
            } else {
                guard offset + length <= value.bytes.count else { throw value.mismatch }
                let bytes = UnsafeRawBufferPointer(rebasing: value.bytes[offset..<(offset + length)])
                elements.append(try Self(PostgresValue(type: element, bytes: bytes)))
                offset += length
            }
        }
        return elements
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// The value that is there.
    public init(_ value: PostgresValue) throws {
        self = try Wrapped(value)
    }

    /// nil
    public static func decodeNull() -> Self { nil }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    /// From an array; bytes from bytea.
    public init(_ value: PostgresValue) throws {
        self = try Element.decodeArray(value)
    }
}
