/// A UTC date and time of the Gregorian calendar, as headers write it.
struct CivilTime: Equatable {
    static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int

    /// Seconds since 1970; nil if a part is out of its range (a leap second counts as the next one).
    var seconds: Int? {
        guard (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        let days = Self.daysSince1970(year: year, month: month, day: day)
        // 31 February is 3 March: such a date is none.
        guard CivilTime(seconds: days * 86_400).day == day else { return nil }
        return days * 86_400 + hour * 3_600 + minute * 60 + second
    }

    var weekday: String {
        let days = Self.daysSince1970(year: year, month: month, day: day)
        return Self.days[((days + 4) % 7 + 7) % 7]
    }

    // Years that begin in March, in eras of 400: the day of the year is then a linear formula, and leap days come last.
    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension CivilTime {
    /// The time that many seconds after 1970-01-01T00:00:00Z.
    init(seconds: Int) {
        let shifted = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400 + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let ofDay = seconds - (shifted - 719_468) * 86_400
        self.init(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month, day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1,
            hour: ofDay / 3_600, minute: ofDay / 60 % 60, second: ofDay % 60)
    }
}
