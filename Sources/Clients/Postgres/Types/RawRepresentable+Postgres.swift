// An enum of texts, an identifier that wraps a number: `extension BookingStatus: PostgresEncodable, PostgresDecodable {}` is all it takes.

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    /// The type of the raw value.
    public static var postgresType: PostgresType { RawValue.postgresType }

    /// Appends the raw value.
    public func encode(into writer: inout PostgresWriter) throws {
        try rawValue.encode(into: &writer)
    }
}

extension PostgresArrayElement where Self: RawRepresentable, RawValue: PostgresArrayElement {
    /// The type of an array of raw values.
    public static var postgresArrayType: PostgresType { RawValue.postgresArrayType }
    /// The type of the raw value.
    public static var postgresElementType: PostgresType { RawValue.postgresElementType }

    /// Appends the raw value.
    public func encodeElement(into writer: inout PostgresWriter) throws -> Bool {
        try rawValue.encodeElement(into: &writer)
    }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    /// From the raw value.
    public init(_ value: PostgresValue) throws {
        guard let known = Self(rawValue: try RawValue(value)) else { throw value.invalid("no known \(Self.self)") }
        self = known
    }
}
