import FoundationEssentials

/// A value whose binary form is the same alone and in an array.
public protocol PostgresScalar: PostgresEncodable, PostgresArrayElement {
    /// Appends the binary form.
    func encodeBinary(into writer: inout PostgresWriter) throws
}

extension PostgresScalar {
    /// The same type as alone.
    public static var postgresElementType: PostgresType { postgresType }
    /// Of the type that it has alone.
    public static var postgresArrayType: PostgresType { postgresType.array }

    /// Appends the value in binary form.
    public func encode(into writer: inout PostgresWriter) throws {
        writer.beginBinary()
        try encodeBinary(into: &writer)
    }

    /// Appends the value in binary form.
    public func encodeElement(into writer: inout PostgresWriter) throws -> Bool {
        try encodeBinary(into: &writer)
        return true
    }
}

extension PostgresScalar where Self: FixedWidthInteger {
    /// Its bytes, most significant first.
    public func encodeBinary(into writer: inout PostgresWriter) { writer.append(integer: self) }
}

extension Int: PostgresScalar {
    /// bigint
    public static var postgresType: PostgresType { .int8 }
}

extension Int64: PostgresScalar {
    /// bigint
    public static var postgresType: PostgresType { .int8 }
}

extension Int32: PostgresScalar {
    /// integer
    public static var postgresType: PostgresType { .int4 }
}

extension Int16: PostgresScalar {
    /// smallint
    public static var postgresType: PostgresType { .int2 }
}

extension Bool: PostgresScalar {
    /// boolean
    public static var postgresType: PostgresType { .bool }
    /// One byte.
    public func encodeBinary(into writer: inout PostgresWriter) { writer.append(integer: UInt8(self ? 1 : 0)) }
}

extension Double: PostgresScalar {
    /// double precision
    public static var postgresType: PostgresType { .float8 }
    /// The bits.
    public func encodeBinary(into writer: inout PostgresWriter) { writer.append(integer: bitPattern) }
}

extension Float: PostgresScalar {
    /// real
    public static var postgresType: PostgresType { .float4 }
    /// The bits.
    public func encodeBinary(into writer: inout PostgresWriter) { writer.append(integer: bitPattern) }
}

extension UUID: PostgresScalar {
    /// uuid
    public static var postgresType: PostgresType { .uuid }
    /// Sixteen bytes.
    public func encodeBinary(into writer: inout PostgresWriter) {
        withUnsafeBytes(of: uuid) { writer.append(bytes: $0) }
    }
}

extension String: PostgresEncodable, PostgresArrayElement {
    /// Whatever its place asks for: text, char(3), an enum, a date … A place that asks for nothing makes it text.
    public static var postgresType: PostgresType { .inferred }
    /// text[]; cast it (`$1::uuid[]`) where another array is wanted.
    public static var postgresArrayType: PostgresType { .text.array }
    /// text
    public static var postgresElementType: PostgresType { .text }

    /// In text form, which every type reads.
    public func encode(into writer: inout PostgresWriter) throws {
        try writer.append(text: self)
    }

    /// The characters.
    public func encodeElement(into writer: inout PostgresWriter) throws -> Bool {
        try writer.append(characters: self)
        return true
    }
}

extension UInt8: PostgresArrayElement {
    /// Bytes are one value, not an array of numbers.
    public static var postgresArrayType: PostgresType { .bytea }
    /// bytea
    public static var postgresElementType: PostgresType { .bytea }

    /// The byte.
    public func encodeElement(into writer: inout PostgresWriter) -> Bool {
        writer.append(integer: self)
        return true
    }

    /// The bytes as they are.
    public static func encodeArray(_ elements: [UInt8], into writer: inout PostgresWriter) {
        writer.append(bytes: elements)
    }
}

extension Array: PostgresArrayElement where Element == UInt8 {
    /// bytea[]
    public static var postgresArrayType: PostgresType { .bytea.array }
    /// bytea
    public static var postgresElementType: PostgresType { .bytea }

    /// The bytes as they are.
    public func encodeElement(into writer: inout PostgresWriter) -> Bool {
        writer.append(bytes: self)
        return true
    }
}

extension Data: PostgresScalar {
    /// bytea
    public static var postgresType: PostgresType { .bytea }
    /// The bytes as they are.
    public func encodeBinary(into writer: inout PostgresWriter) { writer.append(bytes: self) }
}
