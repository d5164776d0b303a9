/// A PostgreSQL interval. Its three parts do not convert into each other: a month has no fixed days, a day has 23 to 25 hours.
public struct PostgresInterval: Sendable, Hashable, Codable {
    /// Months, 12 a year.
    public var months: Int32
    /// Days.
    public var days: Int32
    /// What is shorter than a day, in microseconds.
    public var microseconds: Int64

    /// An interval from its parts.
    public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
        self.months = months
        self.days = days
        self.microseconds = microseconds
    }
}

extension PostgresInterval: PostgresScalar {
    /// interval
    public static var postgresType: PostgresType { .interval }

    /// Microseconds, days, months.
    public func encodeBinary(into writer: inout PostgresWriter) {
        writer.append(integer: microseconds)
        writer.append(integer: days)
        writer.append(integer: months)
    }
}

extension PostgresInterval: PostgresDecodable {
    /// From interval.
    public init(_ value: PostgresValue) throws {
        guard value.type == .interval, value.bytes.count == 16 else { throw value.mismatch }
        self.init(months: try value.integer(at: 12), days: try value.integer(at: 8), microseconds: try value.integer(at: 0))
    }
}

extension Duration: PostgresScalar {
    /// interval
    public static var postgresType: PostgresType { .interval }

    /// Whole microseconds, no days and months: `now() - $1` is exactly this long ago.
    public func encodeBinary(into writer: inout PostgresWriter) {
        let parts = components
        PostgresInterval(microseconds: parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000).encodeBinary(into: &writer)
    }
}
