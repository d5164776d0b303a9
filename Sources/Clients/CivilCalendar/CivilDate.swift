/// A day of the proleptic Gregorian calendar, with no zone.
///
/// Counts in years that begin on 1 March, so that the leap day is the last of its year, and in eras of 400 years, which all have the same
/// number of days: 146,097 (Howard Hinnant, "chrono-compatible low-level date algorithms").
package struct CivilDate: Sendable, Equatable {
    /// The year.
    package var year: Int
    /// 1 for January.
    package var month: Int
    /// Counted from 1.
    package var day: Int

    /// A day that is not looked at.
    @inlinable package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// A day; nil when the month does not have it.
    @inlinable package init?(validYear year: Int, month: Int, day: Int) {
        guard (1...12).contains(month), day >= 1, day <= Self.length(ofMonth: month, year: year) else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// The day that is this many days after 1970-01-01.
    @inlinable package init(daysSince1970: Int) {
        let (era, dayOfEra) = (daysSince1970 + 719_468).dividedDown(by: 146_097)
        // The last day of 4, 100 and 400 years is a leap day or a missing one; without it, all years have 365 days.
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// Days after 1970-01-01; negative before it.
    @inlinable package var daysSince1970: Int {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).dividedDown(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// 0 for Sunday … 6 for Saturday.
    @inlinable package var weekday: Int { (daysSince1970 + 4).dividedDown(by: 7).remainder }

    /// Whether the year has a 29 February.
    @inlinable package static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// How many days a month (1…12) has.
    @inlinable package static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension CivilDate: CustomStringConvertible {
    /// `2026-01-31`; for years from 0 on.
    package var description: String { "\(year.padded(to: 4))-\(month.padded(to: 2))-\(day.padded(to: 2))" }

    /// A time of day, from its seconds: `08:05:09`.
    package static func clock(_ seconds: Int) -> String {
        "\((seconds / 3_600).padded(to: 2)):\((seconds / 60 % 60).padded(to: 2)):\((seconds % 60).padded(to: 2))"
    }
}

extension BinaryInteger {
    /// The digits of a number that is not negative, with zeros in front up to a width.
    package func padded(to width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

extension Int {
    /// Quotient and remainder of a division that rounds down, so that the remainder is never negative; the divisor is positive.
    @inlinable package func dividedDown(by divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
