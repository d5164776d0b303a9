import CivilCalendar
import Foundation
import Testing

@testable import Cron

@Suite("Fire times against a scan of every minute")
struct CronScanTests {
    static let zones = [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "UTC", "Pacific/Apia", "Europe/Dublin",
        "Africa/Casablanca",
        "America/Havana", "Antarctica/Troll", "America/St_Johns",
    ]
    static let expressions = [
        "*/10 * * * *", "30 2 * * *", "0 0 * * *", "15,45 1-3 * * *", "*/20 1-3 * * *", "0 */2 * * *", "7 * * * *", "30 23 * * *", "0 3 1,15 * 0",
        "*/7 0-2 */3 * 1-5", "0 0 30 12 *",
        "45 * * * *", "0,30 * * * *", "15 * * 4,10 *",
    ]

    @Test("Around each change of the clocks between 2011 and 2045 they are the same, forwards and backwards", arguments: zones)
    func changes(name: String) throws {
        let zone = try CronZone(name)
        let foundation = try #require(TimeZone(identifier: name))
        var starts: [Date] = []
        for year in [2011, 2017, 2026, 2045] {
            let newYear = Date(timeIntervalSince1970: Double(CivilDate(year: year, month: 1, day: 1).daysSince1970 * 86_400))
            var last = newYear
            while let change = foundation.nextDaylightSavingTimeTransition(after: last), change < newYear + 365 * 86_400 {
                starts.append(change - 86_400 - 7)
                last = change
            }
        }
        if name == "Pacific/Apia" { starts.append(Date(timeIntervalSince1970: 1_325_152_800)) }
        if starts.isEmpty { starts = [Date(timeIntervalSince1970: 1_772_000_000)] }
        for start in starts { for text in Self.expressions { try compare(text, zone, foundation, start, start + 2.5 * 86_400) } }
    }

    @Test(
        "Over a whole year they are the same",
        arguments: [
            ("0 3 1,15 * 0", "Europe/Berlin"), ("*/7 0-2 */3 * 1-5", "Europe/Berlin"), ("15,45 * * * *", "Australia/Lord_Howe"),
            ("30 1-3 * * *", "Antarctica/Troll"),
        ])
    func year(text: String, name: String) throws {
        let start = Date(timeIntervalSince1970: 1_760_000_000)
        try compare(text, CronZone(name), try #require(TimeZone(identifier: name)), start, start + 366 * 86_400)
    }

    private func compare(_ text: String, _ zone: CronZone, _ foundation: TimeZone, _ start: Date, _ end: Date) throws {
        let expression = try CronExpression(text)
        let expected = CronScan(text, zone: foundation).fireTimes(after: start, through: end)
        let forwards = Array(expression.fireTimes(after: start, through: end, in: zone))
        #expect(forwards == expected, "\(text) in \(zone) after \(start)")
        let backwards = sequence(state: end + 1) { last in
            guard let previous = expression.previous(before: last, in: zone), previous > start else { return nil as Date? }
            last = previous
            return previous
        }
        #expect(Array(backwards).reversed() == forwards, "\(text) in \(zone) before \(end)")
    }
}
