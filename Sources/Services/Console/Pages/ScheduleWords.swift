import Platform

/// A cron expression in words, where it is one of the usual ones; the expression itself otherwise.
struct ScheduleWords: Sendable {
    let page: Page

    func text(_ cron: String) -> String {
        let fields = cron.split(separator: " ").map(String.init)
        guard fields.count == 5 else { return cron }
        let (minute, hour, day, month, weekday) = (fields[0], fields[1], fields[2], fields[3], fields[4])
        guard month == "*" else { return cron }
        if hour == "*", day == "*", weekday == "*" {
            if minute == "*" { return page.word("cron.everyMinute") }
            if let step = Self.step(minute) { return page.word("cron.minutes", ["n": "\(step)"]) }
            if let at = Int(minute) { return at == 0 ? page.word("cron.hourly") : page.word("cron.hourlyAt", ["n": "\(at)"]) }
            return cron
        }
        if minute == "0", day == "*", weekday == "*", let step = Self.step(hour) { return page.word("cron.hours", ["n": "\(step)"]) }
        guard let at = Self.time(hour, minute) else { return cron }
        switch (day, weekday) {
        case ("*", "*"): return page.word("cron.daily", ["time": at])
        case ("*", _):
            guard let day = Self.weekday(weekday) else { return cron }
            return page.word("cron.weekly", ["day": page.word("day.\(day)"), "time": at])
        case (_, "*"):
            guard let number = Int(day) else { return cron }
            return page.word("cron.monthly", ["day": "\(number)", "time": at])
        default: return cron
        }
    }

    private static func step(_ field: String) -> Int? { field.hasPrefix("*/") ? Int(field.dropFirst(2)) : nil }

    private static func time(_ hour: String, _ minute: String) -> String? {
        guard let hour = Int(hour), let minute = Int(minute) else { return nil }
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }

    /// 0 for Sunday.
    private static func weekday(_ field: String) -> Int? {
        if let number = Int(field) { return number % 7 }
        return ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"].firstIndex(of: field.uppercased())
    }
}
