import Foundation
import Testing

@testable import Cron

@Suite("Fire times")
struct CronFireTimesTests {
    /// Fire times after the first instant through the second, as UTC.
    private func fires(_ text: String, _ zone: String, _ start: String, _ end: String) throws -> [String] {
        let times = try CronExpression(text).fireTimes(after: date(start), through: date(end), in: CronZone(zone))
        return times.map { $0.formatted(.iso8601) }.map { String($0.dropFirst(5).dropLast(4)) }
    }

    private func date(_ text: String) throws -> Date { try Date("\(text):00Z", strategy: .iso8601) }

    @Test("Next is strictly after, to the second, whatever the fraction")
    func strictlyAfter() throws {
        let daily = try CronExpression("0 2 * * *")
        let two = try date("2026-05-01T02:00")
        #expect(daily.next(after: two - 0.001, in: .utc) == two)
        #expect(daily.next(after: two - 1, in: .utc) == two)
        #expect(daily.next(after: two, in: .utc) == two + 86_400)
        #expect(daily.next(after: two + 0.5, in: .utc) == two + 86_400)
        #expect(daily.previous(before: two, in: .utc) == two - 86_400)
        #expect(daily.previous(before: two + 0.001, in: .utc) == two)
    }

    @Test("Before 1970 seconds count backwards all the same")
    func beforeTheEpoch() throws {
        #expect(try fires("30 12 * * *", "UTC", "1969-12-30T13:00", "1970-01-01T13:00") == ["12-31T12:30", "01-01T12:30"])
    }

    @Test("29 February on a Monday fires after 40 years")
    func rare() throws {
        #expect(try CronExpression("0 0 29 2 *").next(after: date("2096-03-01T00:00"), in: .utc) == date("2104-02-29T00:00"))
        #expect(try CronExpression("0 0 * 2 MON#5").next(after: date("2072-03-01T00:00"), in: .utc) == date("2112-02-29T00:00"))
        #expect(try CronExpression("0 0 */28 2 MON").next(after: date("2072-03-01T00:00"), in: .utc) == date("2077-02-01T00:00"))
    }

    @Test("Instants beyond any calendar fire nothing and do no harm", arguments: [1e13, -1e13, .infinity, -.infinity, .nan])
    func extremes(seconds: Double) throws {
        let expression = try CronExpression("* * * * *")
        #expect(expression.next(after: Date(timeIntervalSince1970: seconds), in: .utc) == nil)
        #expect(expression.previous(before: Date(timeIntervalSince1970: seconds), in: .utc) == nil)
    }

    @Test(
        "A skipped local time fires once at the first instant after the gap",
        arguments: [
            // Berlin 2026-03-29 02:00 → 03:00 is 01:00 UTC.
            ("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00", "2026-03-30T12:00", ["03-28T01:30", "03-29T01:00", "03-30T00:30"]),
            ("0,15,30 2 * * *", "Europe/Berlin", "2026-03-29T00:00", "2026-03-30T00:00", ["03-29T01:00", "03-30T00:00"]),
            ("0 */2 * * *", "Europe/Berlin", "2026-03-28T23:00", "2026-03-29T04:00", ["03-29T01:00", "03-29T02:00", "03-29T04:00"]),
            ("0 3 * * *", "Europe/Berlin", "2026-03-29T00:00", "2026-03-29T12:00", ["03-29T01:00"]),
            // New York 2026-03-08 02:00 → 03:00 is 07:00 UTC.
            ("5 2 8 3 *", "America/New_York", "2026-03-01T00:00", "2026-04-01T00:00", ["03-08T07:00"]),
            // Lord Howe 2026-10-04 02:00 → 02:30 is 15:30 UTC the day before.
            ("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T16:00", "2026-10-04T16:00", ["10-03T15:30", "10-04T15:15"]),
            // São Paulo 2017-10-15 00:00 → 01:00 is 03:00 UTC.
            ("@daily", "America/Sao_Paulo", "2017-10-14T00:00", "2017-10-16T12:00", ["10-14T03:00", "10-15T03:00", "10-16T02:00"]),
            // Apia left out the whole of 2011-12-30; the next day began at 10:00 UTC.
            ("0 9 * * *", "Pacific/Apia", "2011-12-29T00:00", "2011-12-31T23:00", ["12-29T19:00", "12-30T10:00", "12-30T19:00", "12-31T19:00"]),
            ("0 0 30 12 *", "Pacific/Apia", "2011-01-01T00:00", "2012-12-01T00:00", ["12-30T10:00"]),
        ])
    func gap(text: String, zone: String, start: String, end: String, expected: [String]) throws {
        #expect(try fires(text, zone, start, end) == expected)
    }

    @Test(
        "A local time that happens twice fires the first time",
        arguments: [
            // Berlin 2026-10-25 03:00 → 02:00 is 01:00 UTC.
            ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", "2026-10-26T12:00", ["10-25T00:30", "10-26T01:30"]),
            ("0 */2 * * *", "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T03:00", ["10-25T00:00", "10-25T03:00"]),
            ("30 1 * * SUN", "America/New_York", "2026-11-01T00:00", "2026-11-02T00:00", ["11-01T05:30"]),
            ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00", "2026-04-05T16:00", ["04-04T14:45", "04-05T15:15"]),
            // São Paulo 2018-02-18 00:00 → 23:00 on the 17th is 02:00 UTC.
            ("30 23 * * *", "America/Sao_Paulo", "2018-02-17T12:00", "2018-02-19T12:00", ["02-18T01:30", "02-19T02:30"]),
            ("@daily", "America/Sao_Paulo", "2018-02-17T12:00", "2018-02-19T12:00", ["02-18T03:00", "02-19T03:00"]),
        ])
    func overlap(text: String, zone: String, start: String, end: String, expected: [String]) throws {
        #expect(try fires(text, zone, start, end) == expected)
    }

    @Test(
        "Shifts of half an hour, of two hours, and at half past the hour of UTC",
        arguments: [
            // Lord Howe 2027-04-04 02:00 → 01:30 is 15:00 UTC the day before, 2027-10-03 02:00 → 02:30 is 15:30 UTC the day before.
            ("45 * 4 4 *", "Australia/Lord_Howe", "2027-04-03T14:00", "2027-04-03T17:00", ["04-03T14:45", "04-03T16:15"]),
            ("15 * 3 10 *", "Australia/Lord_Howe", "2027-10-02T14:00", "2027-10-02T17:00", ["10-02T14:45", "10-02T15:30", "10-02T16:15"]),
            (
                "0 * * * *", "Australia/Lord_Howe", "2027-10-02T14:00", "2027-10-02T17:00",
                ["10-02T14:30", "10-02T15:30", "10-02T16:00", "10-02T17:00"]
            ),
            ("0,30 * * * *", "Australia/Lord_Howe", "2027-04-03T14:00", "2027-04-03T16:00", ["04-03T14:30", "04-03T15:30", "04-03T16:00"]),
            ("45 1 * * *", "Australia/Lord_Howe", "2027-04-03T00:00", "2027-04-04T16:00", ["04-03T14:45", "04-04T15:15"]),
            // St John's 2026-03-08 02:00 → 03:00 is 05:30 UTC, 2026-11-01 02:00 → 01:00 is 04:30 UTC.
            ("15 2 * * *", "America/St_Johns", "2026-03-08T00:00", "2026-03-09T00:00", ["03-08T05:30"]),
            ("45 1 * * *", "America/St_Johns", "2026-11-01T00:00", "2026-11-02T06:00", ["11-01T04:15", "11-02T05:15"]),
            // Troll 2026-03-29 01:00 → 03:00 and 2026-10-25 03:00 → 01:00 are both 01:00 UTC.
            ("30 1 * * *", "Antarctica/Troll", "2026-03-28T12:00", "2026-03-30T12:00", ["03-29T01:00", "03-29T23:30"]),
            ("30 1 * * *", "Antarctica/Troll", "2026-10-24T00:00", "2026-10-26T12:00", ["10-24T23:30", "10-26T01:30"]),
        ])
    func unusualShifts(text: String, zone: String, start: String, end: String, expected: [String]) throws {
        #expect(try fires(text, zone, start, end) == expected)
    }

    @Test(
        "An interval keeps its distance through both changes",
        arguments: [
            ("*/10 * * * *", "Europe/Berlin", "2026-03-28T22:00", "2026-03-29T06:00", 600.0),
            ("*/10 * * * *", "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T06:00", 600),
            ("*/10 1-3 * * *", "Europe/Berlin", "2026-10-24T23:00", "2026-10-25T02:50", 600),
            ("*/5 * * * *", "Australia/Lord_Howe", "2026-04-04T12:00", "2026-04-04T20:00", 300),
            ("*/5 * * * *", "Australia/Lord_Howe", "2026-10-03T12:00", "2026-10-03T20:00", 300),
            ("20 * * * *", "America/St_Johns", "2026-03-08T01:50", "2026-03-08T09:50", 3_600),
            ("20 * * * *", "Antarctica/Troll", "2026-03-28T21:20", "2026-03-29T06:20", 3_600),
            ("20 * * * *", "Antarctica/Troll", "2026-10-24T21:20", "2026-10-25T06:20", 3_600),
            ("20 * * * *", "Europe/Berlin", "2026-03-28T22:20", "2026-03-29T06:00", 3_600),
            ("20 * * * *", "Europe/Berlin", "2026-10-24T22:20", "2026-10-25T06:00", 3_600),
            ("*/30 * * * * *", "America/New_York", "2026-11-01T04:00", "2026-11-01T08:00", 30),
            ("15 0-23 * * *", "America/Sao_Paulo", "2017-10-15T00:15", "2017-10-15T06:15", 3_600),
            ("0 * * * *", "Pacific/Apia", "2011-12-30T00:00", "2011-12-31T00:00", 3_600),
            ("45 */1 * * *", "Asia/Kathmandu", "2026-01-01T00:00", "2026-01-02T00:00", 3_600),
        ])
    func interval(text: String, zone: String, start: String, end: String, distance: Double) throws {
        let times = try Array(CronExpression(text).fireTimes(after: date(start), through: date(end), in: CronZone(zone)))
        #expect(times.count > 5)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1.timeIntervalSince($0) == distance })
        #expect(try times.last == date(end) || date(end).timeIntervalSince(#require(times.last)) < distance)
    }

    @Test("A zone that is ahead by a quarter of an hour fires at its own noon")
    func kathmandu() throws {
        #expect(try fires("0 12 1 * *", "Asia/Kathmandu", "2026-01-01T00:00", "2026-02-02T00:00") == ["01-01T06:15", "02-01T06:15"])
    }

    @Test("The next times of a thousand schedules take milliseconds")
    func speed() throws {
        let zones = try ["Europe/Berlin", "America/New_York", "UTC", "Australia/Lord_Howe"].map { try CronZone($0) }
        let schedules = try (0..<1_000).map { (try CronExpression("\($0 % 60) \($0 % 24) \($0 % 28 + 1) * *"), zones[$0 % 4]) }
        let start = try date("2026-06-01T00:00")
        let clock = ContinuousClock()
        let taken = clock.measure { for (expression, zone) in schedules { _ = expression.next(after: start, in: zone) } }
        // An optimised build takes about 1 ms; the limit leaves room for a debug build on a busy machine.
        #expect(taken < .milliseconds(500))
    }
}
