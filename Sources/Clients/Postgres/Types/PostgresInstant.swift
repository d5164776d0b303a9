import FoundationEssentials

/// PostgreSQL's instants: microseconds since 2000-01-01 00:00 UTC; the extremes of Int64 are the infinities.
enum PostgresInstant {
    /// From Foundation's reference date, 2001-01-01, back to PostgreSQL's.
    private static let secondsBetweenEpochs: Double = 366 * 86_400
    private static let microsecondsPerDay: Int64 = 86_400_000_000

    static func microseconds(_ date: Date) throws(PostgresError) -> Int64 {
        if date == .distantFuture { return .max }
        if date == .distantPast { return .min }
        // Whole seconds and the fraction apart: their sum in a Double would lose microseconds.
        let interval = date.timeIntervalSinceReferenceDate
        let seconds = interval.rounded(.down)
        let fraction = ((interval - seconds) * 1_000_000).rounded()
        guard let whole = Int64(exactly: seconds + secondsBetweenEpochs), abs(whole) < 9_000_000_000_000 else {
            throw .unsendable("an instant that is no timestamptz")
        }
        return whole * 1_000_000 + Int64(fraction)
    }

    static func date(microseconds: Int64) -> Date {
        if microseconds == .max { return .distantFuture }
        if microseconds == .min { return .distantPast }
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return Date(timeIntervalSinceReferenceDate: Double(seconds) - secondsBetweenEpochs + Double(rest) / 1_000_000)
    }

    /// Midnight UTC of a day counted from 2000-01-01.
    static func date(days: Int32) -> Date {
        switch days {
        case .max: .distantFuture
        case .min: .distantPast
        default: date(microseconds: Int64(days) * microsecondsPerDay)
        }
    }
}

extension Date: PostgresScalar {
    /// timestamptz
    public static var postgresType: PostgresType { .timestamptz }

    /// Rounded to the microsecond; `distantFuture` and `distantPast` are `infinity` and `-infinity`.
    public func encodeBinary(into writer: inout PostgresWriter) throws {
        writer.append(integer: try PostgresInstant.microseconds(self))
    }
}

extension Date: PostgresDecodable {
    /// From timestamptz, timestamp (taken as UTC) and date (midnight UTC); the infinities are `distantFuture` and `distantPast`.
    public init(_ value: PostgresValue) throws {
        switch value.type {
        case .timestamptz, .timestamp: self = PostgresInstant.date(microseconds: try value.integer())
        case .date: self = PostgresInstant.date(days: try value.integer())
        default: throw value.mismatch
        }
    }
}
