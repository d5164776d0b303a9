import CivilCalendar

/// The day of month and day of week fields together: which days of a month fire.
///
/// When both are restricted a day fires that matches either; when one of them starts with `*` or is `?` both must match
/// (crontab(5); so `*/2` and `MON` is "Mondays with an odd date").
struct CronDays: Sendable, Hashable {
    /// Days counted from the start, bits 1…31.
    private var days: UInt64 = 0
    /// Days counted from the end: bit 0 is `L`, bit 3 is `L-3`.
    private var fromEnd: UInt64 = 0
    /// `15W`: the weekday (Monday to Friday) of the same month that is nearest to the 15th, bits 1…31.
    private var nearest: UInt64 = 0
    /// `LW`: the last weekday of the month.
    private var lastWorkday = false
    private var daysOpen = false

    /// Days of the week, bits 0…6 from Sunday.
    private var weekdays: UInt64 = 0
    /// `MON#2`: bit weekday * 5 + (n - 1).
    private var numbered: UInt64 = 0
    /// `5L`: the last Friday, bits 0…6.
    private var lastWeekdays: UInt64 = 0
    private var weekdaysOpen = false

    init(text: String, dayOfMonth: Substring, dayOfWeek: Substring) throws(CronSyntaxError) {
        daysOpen = dayOfMonth.hasPrefix("*") || dayOfMonth == "?"
        weekdaysOpen = dayOfWeek.hasPrefix("*") || dayOfWeek == "?"
        try readDays(dayOfMonth == "?" ? "*" : dayOfMonth, CronFieldParser(text: text, field: .dayOfMonth))
        try readWeekdays(dayOfWeek == "?" ? "*" : dayOfWeek, CronFieldParser(text: text, field: .dayOfWeek))
    }

    /// The days of this month that fire.
    func matching(year: Int, month: Int) -> CronField {
        let length = CivilDate.length(ofMonth: month, year: year)
        let first = CivilDate(year: year, month: month, day: 1).weekday
        let all: UInt64 = ((1 << UInt64(length)) - 1) << 1
        let byDate = byDate(length: length, first: first) & all
        let byWeekday = byWeekday(length: length, first: first) & all
        return CronField(bits: daysOpen || weekdaysOpen ? byDate & byWeekday : byDate | byWeekday)
    }

    private func byDate(length: Int, first: Int) -> UInt64 {
        var bits = days
        for back in 0..<length where fromEnd & (1 << UInt64(back)) != 0 { bits |= 1 << UInt64(length - back) }
        if nearest != 0 {
            for day in 1...length where nearest & (1 << UInt64(day)) != 0 {
                bits |= 1 << UInt64(workday(nearestTo: day, length: length, first: first))
            }
        }
        if lastWorkday { bits |= 1 << UInt64(workday(nearestTo: length, length: length, first: first)) }
        return bits
    }

    private func byWeekday(length: Int, first: Int) -> UInt64 {
        var bits: UInt64 = 0
        for weekday in 0..<7 {
            let day = 1 + (weekday - first + 7) % 7
            if weekdays & (1 << UInt64(weekday)) != 0 { bits |= 0x1020_4081 << UInt64(day) }
            for week in 0..<5 where numbered & (1 << UInt64(weekday * 5 + week)) != 0 { bits |= 1 << UInt64(day + 7 * week) }
            if lastWeekdays & (1 << UInt64(weekday)) != 0 { bits |= 1 << UInt64(day + (length - day) / 7 * 7) }
        }
        return bits
    }

    /// Never leaves the month: the 1st on a Saturday gives the 3rd, the last on a Sunday the Friday before.
    private func workday(nearestTo day: Int, length: Int, first: Int) -> Int {
        switch (first + day - 1) % 7 {
        case 6: day == 1 ? 3 : day - 1
        case 0: day == length ? day - 2 : day + 1
        default: day
        }
    }

    private mutating func readDays(_ source: Substring, _ parser: CronFieldParser) throws(CronSyntaxError) {
        for term in parser.terms(source) {
            let upper = term.uppercased()
            if upper == "L" {
                fromEnd |= 1
            } else if upper == "LW" || upper == "WL" {
                lastWorkday = true
            } else if upper.hasPrefix("L-") {
                guard let back = parser.number(term.dropFirst(2)), (0...30).contains(back) else {
                    throw parser.error(term, "after 'L-' comes a number from 0 to 30")
                }
                fromEnd |= 1 << UInt64(back)
            } else if upper.hasSuffix("W") {
                nearest |= 1 << UInt64(try parser.value(term.dropLast()))
            } else {
                days |= try parser.values(term)
            }
        }
    }

    private mutating func readWeekdays(_ source: Substring, _ parser: CronFieldParser) throws(CronSyntaxError) {
        for term in parser.terms(source) {
            let upper = term.uppercased()
            if let mark = term.firstIndex(of: "#") {
                let weekday = try parser.value(term[..<mark]) % 7
                guard let week = parser.number(term[term.index(after: mark)...]), (1...5).contains(week) else {
                    throw parser.error(term, "after '#' comes a number from 1 to 5")
                }
                numbered |= 1 << UInt64(weekday * 5 + week - 1)
            } else if upper == "L" {
                throw parser.error(term, "'L' follows a day here: '6L' or 'SATL' is the last Saturday of the month")
            } else if upper.hasSuffix("L") {
                lastWeekdays |= 1 << UInt64(try parser.value(term.dropLast()) % 7)
            } else {
                weekdays |= try parser.values(term)
            }
        }
    }
}
