/// A day of the proleptic Gregorian calendar.
///
/// Counts in years that begin on 1 March, so that the leap day is the last of its year, and in eras of 400 years, which
/// all have the same number of days: 146,097.
public struct CivilDate: Sendable, Equatable {
    /// The year.
    public let year: Int
    /// 1 for January.
    public let month: Int
    /// Counted from 1.
    public let day: Int

    private static let daysPerEra = 146_097
    /// From 0000-03-01 to 1970-01-01.
    private static let daysTo1970 = 719_468

    /// A day; nil when the month does not have it.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year) else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day that is this many days after 1970-01-01.
    init(daysSince1970: Int) {
        let (era, dayOfEra) = (daysSince1970 + Self.daysTo1970).dividedDown(by: Self.daysPerEra)
        // The last day of 4, 100 and 400 years is a leap day or a missing one; without it, all years have 365 days.
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).dividedDown(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * Self.daysPerEra + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - Self.daysTo1970
    }

    /// 0 for Sunday … 6 for Saturday.
    public var weekday: Int { (daysSince1970 + 4).dividedDown(by: 7).remainder }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Int {
    /// Quotient and remainder of a division that rounds down, so that the remainder is never negative.
    func dividedDown(by divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
