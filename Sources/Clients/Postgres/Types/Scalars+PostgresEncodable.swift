import FoundationEssentials

/// A value whose binary form is the same alone and in an array.
public protocol PostgresScalar: PostgresEncodable, PostgresArrayElement {
    /// Appends the binary form.
    func encodeBinary(into writer: inout PostgresWriter) throws
}

extension PostgresScalar {
    /// The same type as alone.
    public static var postgresElementType: PostgresType { postgresType }

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

extension Int: PostgresScalar {
    /// bigint
    public static var postgresType: PostgresType { .int8 }
    /// bigint[]
    public static var postgresArrayType: PostgresType { .int8Array }
    /// Eight bytes.
    public func encodeBinary(into writer: inout PostgresWriter) { writer.append(integer: Int64(self)) }
}

extension Int64: PostgresScalar {
    /// bigint
    public static var postgresType: PostgresType { .int8 }
    /// bigint[]
    public static var postgresArrayType: PostgresType { .int8Array }
    /// Eight bytes.
    public func encodeBinary(into writer: inout PostgresWriter) { writer.append(integer: self) }
}

extension Int32: PostgresScalar {
    /// integer
    public static var postgresType: PostgresType { .int4 }
    /// integer[]
    public static var postgresArrayType: PostgresType { .int4Array }
    /// Four bytes.
    public func encodeBinary(into writer: inout PostgresWriter) { writer.append(integer: self) }
}

extension Int16: PostgresScalar {
    /// smallint
    public static var postgresType: PostgresType { .int2 }
    /// smallint[]
    public static var postgresArrayType: PostgresType { .int2Array }
    /// Two bytes.
    public func encodeBinary(into writer: inout PostgresWriter) { writer.append(integer: self) }
}

extension Bool: PostgresScalar {
    /// boolean
    public static var postgresType: PostgresType { .bool }
    /// boolean[]
    public static var postgresArrayType: PostgresType { .boolArray }
    /// One byte.
    public func encodeBinary(into writer: inout PostgresWriter) { writer.append(integer: UInt8(self ? 1 : 0)) }
}

extension Double: PostgresScalar {
    /// double precision
    public static var postgresType: PostgresType { .float8 }
    /// double precision[]
    public static var postgresArrayType: PostgresType { .float8Array }
    /// The bits.
    public func encodeBinary(into writer: inout PostgresWriter) { writer.append(integer: bitPattern) }
}

extension Float: PostgresScalar {
    /// real
    public static var postgresType: PostgresType { .float4 }
    /// real[]
    public static var postgresArrayType: PostgresType { .float4Array }
    /// The bits.
    public func encodeBinary(into writer: inout PostgresWriter) { writer.append(integer: bitPattern) }
}

extension UUID: PostgresScalar {
    /// uuid
    public static var postgresType: PostgresType { .uuid }
    /// uuid[]
    public static var postgresArrayType: PostgresType { .uuidArray }
    /// Sixteen bytes.
    public func encodeBinary(into writer: inout PostgresWriter) {
        withUnsafeBytes(of: uuid) { writer.append(bytes: $0) }
    }
}

extension String: PostgresEncodable, PostgresArrayElement {
    /// Whatever its place asks for: text, char(3), an enum, a date … A place that asks for nothing makes it text.
    public static var postgresType: PostgresType { .inferred }
    /// text[]; cast it (`$1::uuid[]`) where another array is wanted.
    public static var postgresArrayType: PostgresType { .textArray }
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
    public static var postgresArrayType: PostgresType { .byteaArray }
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
    /// bytea[]
    public static var postgresArrayType: PostgresType { .byteaArray }
    /// The bytes as they are.
    public func encodeBinary(into writer: inout PostgresWriter) { writer.append(bytes: self) }
}
