import Foundation

/// Fire times found the slow way: each minute of real time is looked at, with Foundation's own time zones and calendar.
struct CronScan {
    /// Five fields of numbers, `*`, `*/n`, `a-b`, `a-b/n` and lists of them.
    let fields: [Substring]
    let zone: TimeZone

    init(_ text: String, zone: TimeZone) {
        fields = text.split(separator: " ")
        self.zone = zone
    }

    func fireTimes(after start: Date, through end: Date) -> [Date] {
        var fires: [Date] = []
        var days: [Int: Bool] = [:]
        func matches(_ local: Int) -> Bool {
            let day = local.floorQuotient(86_400)
            let matchesDay = days[day] ?? self.matches(day: day)
            days[day] = matchesDay
            return matchesDay && value(local.floorQuotient(3_600) - day * 24, fields[1], 0)
                && value(local.floorQuotient(60) - local.floorQuotient(3_600) * 60, fields[0], 0)
        }
        let everyHour = (0..<24).allSatisfy { value($0, fields[1], 0) }
        let everyMinute = fields[0].hasPrefix("*")
        /// Whether a shift by so many seconds leaves the distances as they are.
        func keepsDistances(_ shift: Int) -> Bool { everyHour && (everyMinute || shift % 3_600 == 0) }
        var repeats = everyMinute
        // A day ahead of the start, so that a repetition that has begun is known.
        var instant = Int(start.timeIntervalSince1970).floorQuotient(60) * 60 - 86_400
        var latest = instant + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
        var previous = latest
        while instant + 60 <= Int(end.timeIntervalSince1970) {
            instant += 60
            let date = Date(timeIntervalSince1970: Double(instant))
            let local = instant + zone.secondsFromGMT(for: date)
            if local < previous { repeats = everyMinute || keepsDistances(previous + 60 - local) }
            let skipped = stride(from: latest + 60, to: local, by: 60)
            let isMadeUpFor = !keepsDistances(local - latest - 60) && skipped.contains(where: matches)
            let fires = local <= latest ? repeats && matches(local) : matches(local) || isMadeUpFor
            if fires, date > start { collect(date) }
            latest = max(latest, local)
            previous = local
        }
        func collect(_ date: Date) { fires.append(date) }
        return fires
    }

    private func matches(day: Int) -> Bool {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.day, .month, .weekday], from: Date(timeIntervalSince1970: Double(day) * 86_400))
        guard let date = parts.day, let month = parts.month, let weekday = parts.weekday, value(month, fields[3], 1) else { return false }
        let byDate = value(date, fields[2], 1)
        let byWeekday = value(weekday - 1, fields[4], 0) || weekday == 1 && value(7, fields[4], 0)
        return fields[2].hasPrefix("*") || fields[4].hasPrefix("*") ? byDate && byWeekday : byDate || byWeekday
    }

    private func value(_ value: Int, _ field: Substring, _ lowest: Int) -> Bool {
        field.split(separator: ",").contains { term in
            let parts = term.split(separator: "/")
            let step = parts.count == 2 ? Int(parts[1]) ?? 1 : 1
            if parts[0] == "*" { return (value - lowest) % step == 0 }
            let ends = parts[0].split(separator: "-").compactMap { Int($0) }
            return value >= ends[0] && value <= ends[ends.count - 1] && (value - ends[0]) % step == 0
        }
    }
}

extension Int {
    fileprivate func floorQuotient(_ divisor: Int) -> Int { Int((Double(self) / Double(divisor)).rounded(.down)) }
}
