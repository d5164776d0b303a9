import CivilCalendar

/// A cron expression: repeating local times at which something fires.
///
/// Five fields (minute, hour, day of month, month, day of week) or six with the second in front; `@yearly`,
/// `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`. Terms: numbers, `*`, three-letter names of
/// months and weekdays, ranges `1-5`, steps `*/10` `10-50/20` `5/15`, lists; `?` for a day field that does not matter;
/// `L`, `L-3`, `15W`, `LW` as days of the month; `MON#2` (the second Monday), `5L` (the last Friday) as days of the
/// week. Sunday is 0 and 7. Letter case does not matter. When both day fields are restricted, either one suffices
/// (crontab(5)). For the effect of daylight saving time see ``next(after:in:)``.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    /// The text it was read from.
    public let text: String

    let seconds: CronField
    let minutes: CronField
    let hours: CronField
    let months: CronField
    let days: CronDays
    /// The minute field starts with `*`: "every n minutes".
    let minutesOpen: Bool

    /// Reads an expression; surrounding and repeated spaces do not matter.
    ///
    /// - Throws: `CronSyntaxError` with the field, the value and its position. An expression that never fires (30
    ///   February) is an error, too; one that fires in leap years only is not.
    public init(_ text: String) throws(CronSyntaxError) {
        self.text = text
        let written = text.split(whereSeparator: \.isWhitespace)
        let fields = try Self.expand(written, of: text)
        let clock = fields.count == 6 ? fields[...] : ["0"] + fields
        func read(_ name: CronFieldName, _ index: Int) throws(CronSyntaxError) -> CronField {
            let source = clock[clock.startIndex + index]
            return try CronFieldParser(text: text, field: name).field(source)
        }
        seconds = try read(.second, 0)
        minutes = try read(.minute, 1)
        hours = try read(.hour, 2)
        months = try read(.month, 4)
        days = try CronDays(text: text, dayOfMonth: clock[clock.startIndex + 3], dayOfWeek: clock[clock.startIndex + 5])
        minutesOpen = clock[clock.startIndex + 1].hasPrefix("*")
        // Any possible pattern of days comes within 50 years.
        guard firstLocal(atOrAfter: Self.newYear2000) != nil else {
            let day = clock[clock.startIndex + 3]
            throw CronFieldParser(text: text, field: .dayOfMonth).error(
                day, "no month '\(clock[clock.startIndex + 4])' has such a day, so the expression never fires")
        }
    }

    private static let newYear2000 = CivilDate(year: 2000, month: 1, day: 1).daysSince1970 * 86_400

    /// The text it was read from.
    public var description: String { text }

    /// Fires in each hour of the day.
    var isEveryHour: Bool { hours.bits == (1 << 24) - 1 }

    private static func expand(_ written: [Substring], of text: String) throws(CronSyntaxError) -> [Substring] {
        func refuse(_ piece: Substring?, _ reason: String) -> CronSyntaxError {
            let position = piece.map { text.distance(from: text.startIndex, to: $0.startIndex) + 1 } ?? 1
            return CronSyntaxError(text: text, field: nil, value: piece.map(String.init) ?? "", position: position, reason: reason)
        }
        guard let first = written.first else { throw refuse(nil, "is empty; write five or six fields") }
        if first.hasPrefix("@") {
            guard written.count == 1 else { throw refuse(written[1], "nothing follows '\(first)'") }
            guard let fields = macros[first.lowercased()] else {
                throw refuse(first, "must be one of \(macros.keys.sorted().joined(separator: ", "))")
            }
            return fields.split(separator: " ")
        }
        guard written.count >= 5 else { throw refuse(written.last, "five or six fields are needed, here are \(written.count)") }
        guard written.count <= 6 else { throw refuse(written[6], "five or six fields are needed, here are \(written.count)") }
        return written
    }

    private static let macros = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
}
