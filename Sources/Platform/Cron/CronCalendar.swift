import CivilCalendar

/// The search for matching local times, as if no clock ever changed.
///
/// A local time is a number of seconds since 1970-01-01 00:00 local.
extension CronExpression {
    /// How far a search looks. The rarest expression, 29 February on one weekday, waits 40 years at most (across 2100).
    static let horizonYears = 50

    /// The first matching local time at or after this one; nil when there is none within 50 years.
    func firstLocal(atOrAfter local: Int) -> Int? {
        let (dayNumber, timeOfDay) = local.dividedDown(by: 86_400)
        var date = CivilDate(daysSince1970: dayNumber)
        let lastYear = date.year + Self.horizonYears
        if months.contains(date.month), days.matching(year: date.year, month: date.month).contains(date.day),
            let time = firstTime(atOrAfter: timeOfDay)
        {
            return dayNumber * 86_400 + time
        }
        date.day += 1
        while date.year <= lastYear {
            if months.contains(date.month), let day = days.matching(year: date.year, month: date.month).first(atOrAfter: date.day) {
                date.day = day
                return firstTime(atOrAfter: 0).map { date.daysSince1970 * 86_400 + $0 }
            }
            date.day = 1
            date.month += 1
            if date.month > 12 {
                date.month = 1
                date.year += 1
            }
        }
        return nil
    }

    /// The last matching local time at or before this one; nil when there is none within 50 years.
    func lastLocal(atOrBefore local: Int) -> Int? {
        let (dayNumber, timeOfDay) = local.dividedDown(by: 86_400)
        var date = CivilDate(daysSince1970: dayNumber)
        let firstYear = date.year - Self.horizonYears
        if months.contains(date.month), days.matching(year: date.year, month: date.month).contains(date.day),
            let time = lastTime(atOrBefore: timeOfDay)
        {
            return dayNumber * 86_400 + time
        }
        date.day -= 1
        while date.year >= firstYear {
            if months.contains(date.month), let day = days.matching(year: date.year, month: date.month).last(atOrBefore: date.day) {
                date.day = day
                return lastTime(atOrBefore: 86_399).map { date.daysSince1970 * 86_400 + $0 }
            }
            date.day = 31
            date.month -= 1
            if date.month < 1 {
                date.month = 12
                date.year -= 1
            }
        }
        return nil
    }

    /// Seconds of the day.
    private func firstTime(atOrAfter time: Int) -> Int? {
        let hour = time / 3_600
        let minute = time / 60 % 60
        guard let firstSecond = seconds.first(atOrAfter: 0), let firstMinute = minutes.first(atOrAfter: 0) else { return nil }
        if hours.contains(hour) {
            if minutes.contains(minute), let second = seconds.first(atOrAfter: time % 60) { return hour * 3_600 + minute * 60 + second }
            if let next = minutes.first(atOrAfter: minute + 1) { return hour * 3_600 + next * 60 + firstSecond }
        }
        return hours.first(atOrAfter: hour + 1).map { $0 * 3_600 + firstMinute * 60 + firstSecond }
    }

    private func lastTime(atOrBefore time: Int) -> Int? {
        let hour = time / 3_600
        let minute = time / 60 % 60
        guard let lastSecond = seconds.last(atOrBefore: 59), let lastMinute = minutes.last(atOrBefore: 59) else { return nil }
        if hours.contains(hour) {
            if minutes.contains(minute), let second = seconds.last(atOrBefore: time % 60) { return hour * 3_600 + minute * 60 + second }
            if let previous = minutes.last(atOrBefore: minute - 1) { return hour * 3_600 + previous * 60 + lastSecond }
        }
        return hours.last(atOrBefore: hour - 1).map { $0 * 3_600 + lastMinute * 60 + lastSecond }
    }
}
