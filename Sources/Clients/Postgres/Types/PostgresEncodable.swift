/// A value that can be a parameter (`$1`) of a statement.
public protocol PostgresEncodable: Sendable {
    /// The type the server is told, for NULL too.
    static var postgresType: PostgresType { get }

    /// Appends the value: one call of one of the writer's `append…` functions, or none for NULL.
    ///
    /// - Throws: `PostgresError.unsendable` if the value has no form the server takes.
    func encode(into writer: inout PostgresWriter) throws
}

/// An element of an array parameter, in the binary form of its type.
public protocol PostgresArrayElement: Sendable {
    /// The type of an array of these.
    static var postgresArrayType: PostgresType { get }
    /// The type of one.
    static var postgresElementType: PostgresType { get }

    /// Appends one element's binary form; false says that it is NULL.
    func encodeElement(into writer: inout PostgresWriter) throws -> Bool

    /// Appends a whole array.
    static func encodeArray(_ elements: [Self], into writer: inout PostgresWriter) throws
}

extension PostgresArrayElement {
    /// Appends a one-dimensional array as `array_recv` takes it: dimensions, NULL flag, type, size, lower bound, then length and bytes of each.
    public static func encodeArray(_ elements: [Self], into writer: inout PostgresWriter) throws {
        writer.append(integer: Int32(elements.isEmpty ? 0 : 1))
        let nullFlag = writer.bytes.count
        writer.append(integer: Int32(0))
        writer.append(integer: postgresElementType.rawValue)
        guard !elements.isEmpty else { return }
        guard elements.count <= Int32.max else { throw PostgresError.unsendable("an array of \(elements.count) elements") }
        writer.append(integer: Int32(elements.count))
        writer.append(integer: Int32(1))
        for element in elements {
            let length = writer.bytes.count
            writer.append(integer: Int32(-1))
            if try element.encodeElement(into: &writer) {
                writer.overwrite(at: length, with: Int32(clamping: writer.bytes.count - length - 4))
            } else {
                writer.overwrite(at: nullFlag, with: 1)
            }
        }
    }
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    /// The array's type.
    public static var postgresType: PostgresType { Element.postgresArrayType }

    /// Appends the array.
    public func encode(into writer: inout PostgresWriter) throws {
        writer.beginBinary()
        try Element.encodeArray(self, into: &writer)
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// The type of the value that may be missing.
    public static var postgresType: PostgresType { Wrapped.postgresType }

    /// Appends the value, or nothing: NULL.
    public func encode(into writer: inout PostgresWriter) throws {
        try self?.encode(into: &writer)
    }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement {
    /// The array's type.
    public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
    /// The element's type.
    public static var postgresElementType: PostgresType { Wrapped.postgresElementType }

    /// Appends the value, or says that there is none.
    public func encodeElement(into writer: inout PostgresWriter) throws -> Bool {
        guard let self else { return false }
        return try self.encodeElement(into: &writer)
    }
}
