import CivilCalendar
import FoundationEssentials

/// Instants as RFC 3339 writes them, `2027-03-14T01:59:26.500Z`, without a formatter.
///
/// - Precision: microseconds (until the year 2242, then what `Date` holds), as PostgreSQL's `timestamptz`; further
///   digits are ignored.
/// - Leap seconds: `23:59:60` UTC is read as the last microsecond of `23:59:59`, so that it stays in its day; any other
///   `:60` is refused.
/// - Accepted: years 0000 to 9999, `T` and `Z` in either case, any offset up to 23:59. Refused: a space for the `T`,
///   days that do not exist.
public enum RFC3339 {
    private static let secondsPerDay = 86_400
    private static let microsecondsPerSecond = 1_000_000
    /// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z, in microseconds since 1970.
    private static let sayable = -62_167_219_200_000_000...253_402_300_799_999_999

    /// The instant in UTC, with a fraction only when there is one: three digits when they suffice, otherwise six.
    ///
    /// An instant outside of the years 0000 to 9999 is written as the first or last one that RFC 3339 can express.
    public static func string(from date: Date) -> String {
        let instant = microseconds(date)
        let (second, fraction) = instant.dividedDown(by: microsecondsPerSecond)
        let (day, time) = second.dividedDown(by: secondsPerDay)
        let date = CivilDate(daysSince1970: day)
        var text: [UInt8] = []
        text.reserveCapacity(27)
        append(date.year, digits: 4, to: &text)
        append("-", date.month, to: &text)
        append("-", date.day, to: &text)
        append("T", time / 3600, to: &text)
        append(":", time / 60 % 60, to: &text)
        append(":", time % 60, to: &text)
        if fraction != 0 {
            text.append(UInt8(ascii: "."))
            let isMilliseconds = fraction % 1000 == 0
            append(isMilliseconds ? fraction / 1000 : fraction, digits: isMilliseconds ? 3 : 6, to: &text)
        }
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    private static func microseconds(_ date: Date) -> Int {
        let exact = (date.timeIntervalSince1970 * Double(microsecondsPerSecond)).rounded()
        guard exact < Double(sayable.upperBound) else { return sayable.upperBound }
        guard exact > Double(sayable.lowerBound) else { return sayable.lowerBound }
        return Int(exact)
    }

    private static func append(_ mark: Unicode.Scalar, _ number: Int, to text: inout [UInt8]) {
        text.append(UInt8(ascii: mark))
        append(number, digits: 2, to: &text)
    }

    private static func append(_ number: Int, digits: Int, to text: inout [UInt8]) {
        var unit = 1
        for _ in 1..<digits { unit *= 10 }
        while unit > 0 {
            text.append(0x30 + UInt8(number / unit % 10))
            unit /= 10
        }
    }

    /// Parses a text; nil when it is not an RFC 3339 instant.
    public static func date(from text: some StringProtocol) -> Date? { date(from: Array(text.utf8)[...]) }

    /// Parses UTF-8; nil when it is not an RFC 3339 instant.
    public static func date(from text: ArraySlice<UInt8>) -> Date? {
        var reader = RFC3339Parser(text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"), let day = reader.number(2),
            let date = CivilDate(validYear: year, month: month, day: day), reader.take("T", or: "t"),
            let hour = reader.number(2), hour < 24, reader.take(":"), let minute = reader.number(2), minute < 60, reader.take(":"),
            let second = reader.number(2), second <= 60, let fraction = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        let minuteStart = date.daysSince1970 * secondsPerDay + hour * 3600 + minute * 60 - offset
        guard second == 60 else { return instant(minuteStart + second, fraction) }
        guard (minuteStart + 60).isMultiple(of: secondsPerDay) else { return nil }
        return instant(minuteStart + 59, microsecondsPerSecond - 1)
    }

    private static func instant(_ second: Int, _ microseconds: Int) -> Date {
        Date(timeIntervalSince1970: Double(second * microsecondsPerSecond + microseconds) / Double(microsecondsPerSecond))
    }
}
