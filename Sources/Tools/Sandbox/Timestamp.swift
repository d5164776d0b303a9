import FoundationEssentials

/// A point in time in microseconds since 1970, encoded as RFC 3339 in UTC.
struct Timestamp: Hashable, Sendable, Encodable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    let microseconds: Int64

    /// The wall clock, now.
    static var now: Timestamp {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }

    /// `2026-01-31T08:00:00.250Z`; the fraction (milliseconds) is left out when `withFraction` is false.
    func text(withFraction: Bool = true) -> String {
        let (seconds, fraction) = microseconds.dividedFloored(by: 1_000_000)
        let (days, secondOfDay) = seconds.dividedFloored(by: 86_400)
        let (year, month, day) = Self.civil(days: days)
        var text = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        text += "T\(Self.padded(secondOfDay / 3600, 2)):\(Self.padded(secondOfDay / 60 % 60, 2)):\(Self.padded(secondOfDay % 60, 2))"
        if withFraction { text += ".\(Self.padded(fraction / 1000, 3))" }
        return text + "Z"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text())
    }

    /// The Gregorian date of a day number since 1970-01-01, by counting eras of 400 years that begin in March.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).dividedFloored(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

extension Int64 {
    /// Quotient and remainder with a remainder that is never negative.
    fileprivate func dividedFloored(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
