import CivilCalendar

/// Daylight saving time of all future years, from the last line of a time zone file (POSIX TZ string, RFC 8536 section
/// 3.3).
struct YearlyTimeZoneRule: Sendable, Equatable {
    /// From this instant (seconds since 1970 UTC) this offset (seconds ahead of UTC) holds.
    struct Change: Equatable {
        var instant: Int
        var offset: Int
    }

    /// A day of the year and a time of that day.
    struct Moment: Sendable, Equatable {
        enum Day: Sendable, Equatable {
            /// `J60`: 1…365, 29 February never counted.
            case julian(Int)
            /// `59`: 0…365, 29 February counted.
            case zeroBased(Int)
            /// `M3.5.0`: month, week 1…5 (5 is the last), weekday from Sunday.
            case weekday(month: Int, week: Int, weekday: Int)
        }
        var day: Day
        /// Seconds from local midnight, −167 h … 167 h.
        var time: Int
    }

    let standard: Int
    let daylight: Int
    let start: Moment
    let end: Moment

    /// Reads a string like `CET-1CEST,M3.5.0,M10.5.0/3`; nil when it has no daylight saving time or is damaged.
    init?(posix: Substring) {
        var scanner = Scanner(text: posix)
        guard scanner.name(), let west = scanner.time(), scanner.name() else { return nil }
        standard = -west
        daylight = scanner.peek == "," ? standard + 3_600 : -(scanner.time() ?? west)
        guard scanner.skip(","), let start = scanner.moment(), scanner.skip(","), let end = scanner.moment(), scanner.peek == nil else { return nil }
        self.start = start
        self.end = end
    }

    /// The changes of the year that the instant is in, of the one before and of the one after, in order.
    func changes(around instant: Int) -> [Change] {
        let year = CivilDate(daysSince1970: instant.dividedDown(by: 86_400).quotient).year
        var changes: [Change] = []
        for year in (year - 1)...(year + 1) {
            let ahead = Change(instant: Self.local(start, year) - standard, offset: daylight)
            let back = Change(instant: Self.local(end, year) - daylight, offset: standard)
            changes += ahead.instant < back.instant ? [ahead, back] : [back, ahead]
        }
        // Daylight saving time all year long ends at the instant at which it begins again: the beginning wins.
        var kept: [Change] = []
        for change in changes {
            if kept.last?.instant == change.instant { kept.removeLast() }
            kept.append(change)
        }
        return kept
    }

    /// Local seconds since 1970-01-01 00:00.
    private static func local(_ moment: Moment, _ year: Int) -> Int {
        let newYear = CivilDate(year: year, month: 1, day: 1).daysSince1970
        let day: Int
        switch moment.day {
        case .julian(let number): day = newYear + number - 1 + (number >= 60 && CivilDate.isLeap(year) ? 1 : 0)
        case .zeroBased(let number): day = newYear + number
        case .weekday(let month, let week, let weekday):
            let first = CivilDate(year: year, month: month, day: 1)
            let earliest = 1 + (weekday - first.weekday + 7) % 7
            let length = CivilDate.length(ofMonth: month, year: year)
            let date = week == 5 ? earliest + (length - earliest) / 7 * 7 : earliest + 7 * (week - 1)
            day = first.daysSince1970 + date - 1
        }
        return day * 86_400 + moment.time
    }
}

extension YearlyTimeZoneRule {
    /// Parses the string from its start.
    private struct Scanner {
        var text: Substring

        var peek: Character? { text.first }

        mutating func skip(_ character: Character) -> Bool {
            guard text.first == character else { return false }
            text.removeFirst()
            return true
        }

        /// `CET` or `<+1030>`.
        mutating func name() -> Bool {
            if skip("<") {
                guard let end = text.firstIndex(of: ">") else { return false }
                text = text[text.index(after: end)...]
                return true
            }
            let letters = text.prefix { $0.isASCII && $0.isLetter }
            text = text.dropFirst(letters.count)
            return letters.count >= 3
        }

        mutating func number() -> Int? {
            let digits = text.prefix { $0.isASCII && $0.isNumber }
            text = text.dropFirst(digits.count)
            return digits.count <= 3 ? Int(digits) : nil
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time() -> Int? {
            let sign = skip("-") ? -1 : 1
            if sign == 1 { _ = skip("+") }
            guard var seconds = number().map({ $0 * 3_600 }) else { return nil }
            for unit in [60, 1] {
                guard skip(":") else { break }
                guard let value = number() else { return nil }
                seconds += value * unit
            }
            return sign * seconds
        }

        mutating func moment() -> Moment? {
            guard let day = day() else { return nil }
            guard skip("/") else { return Moment(day: day, time: 7_200) }
            return time().map { Moment(day: day, time: $0) }
        }

        private mutating func day() -> Moment.Day? {
            if skip("J") { return number().flatMap { (1...365).contains($0) ? .julian($0) : nil } }
            guard skip("M") else { return number().flatMap { $0 <= 365 ? .zeroBased($0) : nil } }
            guard let month = number(), skip("."), let week = number(), skip("."), let weekday = number() else { return nil }
            guard (1...12).contains(month), (1...5).contains(week), (0...6).contains(weekday) else { return nil }
            return .weekday(month: month, week: week, weekday: weekday)
        }
    }
}
