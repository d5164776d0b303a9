/// A `timestamptz` exactly as PostgreSQL keeps it: microseconds since 2000-01-01 00:00 UTC, its extremes the infinities.
///
/// A `Date` is a `Double` and rounds instants that are centuries away. Where a query continues behind the row that it
/// returned last (a keyset cursor), a rounded instant would skip rows or return the same row for ever.
public struct PostgresTimestamp: Sendable, Hashable {
    /// Before every other instant: `-infinity`.
    public static let negativeInfinity = PostgresTimestamp(microseconds: .min)

    /// Microseconds since 2000-01-01 00:00 UTC.
    public let microseconds: Int64

    /// An instant from its microseconds.
    public init(microseconds: Int64) { self.microseconds = microseconds }
}

extension PostgresTimestamp: PostgresScalar {
    /// timestamptz
    public static var postgresType: PostgresType { .timestamptz }

    /// As it is.
    public func encodeBinary(into writer: inout PostgresWriter) throws { writer.append(integer: microseconds) }
}

extension PostgresTimestamp: PostgresDecodable {
    /// From timestamptz.
    public init(_ value: PostgresValue) throws {
        guard value.type == .timestamptz else { throw value.mismatch }
        microseconds = try value.integer()
    }
}

extension PostgresTimestamp: Decodable {
    /// Reads a column of a row; no other decoder has instants in this form.
    public init(from decoder: any Decoder) throws {
        throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "is no timestamptz of PostgreSQL"))
    }
}
