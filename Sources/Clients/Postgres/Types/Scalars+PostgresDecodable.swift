import FoundationEssentials

extension PostgresValue {
    /// The value of an integer type, or of a numeric without a fraction, such as the sum of bigints.
    fileprivate func exactInteger<T: FixedWidthInteger>() throws -> T {
        let wide: Int64
        switch type {
        case .int8: wide = try integer()
        case .int4: wide = Int64(try integer() as Int32)
        case .int2: wide = Int64(try integer() as Int16)
        case .oid: wide = Int64(try integer() as UInt32)
        case .numeric:
            guard let whole = Int64(try PostgresNumeric(self).wholeDigits) else { throw invalid("a number that is no \(T.self)") }
            wide = whole
        default: throw mismatch
        }
        guard let exact = T(exactly: wide) else { throw invalid("a number that is no \(T.self)") }
        return exact
    }
}

extension PostgresNumeric {
    /// The digits without a fraction of zeros.
    fileprivate var wholeDigits: Substring {
        guard let point = description.firstIndex(of: "."), description[point...].dropFirst().allSatisfy({ $0 == "0" }) else {
            return description[...]
        }
        return description[..<point]
    }
}

extension PostgresDecodable where Self: FixedWidthInteger {
    /// From smallint, integer, bigint, oid, and numeric without a fraction, if it fits.
    public init(_ value: PostgresValue) throws { self = try value.exactInteger() }
}

extension Int: PostgresDecodable {}
extension Int64: PostgresDecodable {}
extension Int32: PostgresDecodable {}
extension Int16: PostgresDecodable {}
extension UInt32: PostgresDecodable {}

extension UInt8: PostgresDecodable {
    /// From bytea: bytes are one value, not an array of numbers.
    public static func decodeArray(_ value: PostgresValue) throws -> [UInt8] {
        guard value.type == .bytea else { throw value.mismatch }
        return Array(value.bytes)
    }
}

extension Bool: PostgresDecodable {
    /// From boolean.
    public init(_ value: PostgresValue) throws {
        guard value.type == .bool else { throw value.mismatch }
        self = try value.integer() as UInt8 != 0
    }
}

extension Double: PostgresDecodable {
    /// From double precision, real, numeric (rounded) and the integer types.
    public init(_ value: PostgresValue) throws {
        switch value.type {
        case .float8: self = Double(bitPattern: try value.integer())
        case .float4: self = Double(Float(bitPattern: try value.integer()))
        case .numeric: self = Double(try PostgresNumeric(value).description) ?? .nan
        default: self = Double(try Int64(value))
        }
    }
}

extension Float: PostgresDecodable {
    /// From real.
    public init(_ value: PostgresValue) throws {
        guard value.type == .float4 else { throw value.mismatch }
        self = Float(bitPattern: try value.integer())
    }
}

extension String: PostgresDecodable {
    /// From the text types, enums, citext, json and jsonb (their text), uuid and numeric (as PostgreSQL prints them).
    public init(_ value: PostgresValue) throws {
        switch value.type {
        case .jsonb: self = String(decoding: try value.json(), as: UTF8.self)
        case .uuid: self = try UUID(value).uuidString.lowercased()
        case .numeric: self = try PostgresNumeric(value).description
        case let type where type.isTextual:
            guard let text = String(validating: value.bytes, as: UTF8.self), !value.bytes.contains(0) else {
                throw value.invalid("no text")
            }
            self = text
        default: throw value.mismatch
        }
    }
}

extension UUID: PostgresDecodable {
    /// From uuid.
    public init(_ value: PostgresValue) throws {
        guard value.type == .uuid, value.bytes.count == 16 else { throw value.mismatch }
        self.init(uuid: value.bytes.loadUnaligned(as: uuid_t.self))
    }
}

extension Data: PostgresDecodable {
    /// From bytea, and the text of json and jsonb.
    public init(_ value: PostgresValue) throws {
        self = value.type == .bytea ? Data(value.bytes) : Data(try value.json())
    }
}
