import CivilCalendar
import Foundation
import Testing

@testable import Cron

@Suite("Time zones")
struct TimeZoneRulesTests {
    @Test(
        "Offsets from 1971 to 2070 are Foundation's",
        arguments: CronScanTests.zones + ["America/Nuuk", "Asia/Gaza", "America/Santiago", "Asia/Tokyo", "US/Eastern", "Etc/GMT+5"])
    func offsets(name: String) throws {
        let zone = try CronZone(name)
        let foundation = try #require(TimeZone(identifier: name))
        // 25 h 40 min apart: every hour of the day and minute of the hour gets its turn.
        let instants = stride(from: 31_536_000.0, to: 3_155_760_000, by: 92_400).map(Date.init(timeIntervalSince1970:))
        let wrong = instants.first { zone.offset(at: $0) != foundation.secondsFromGMT(for: $0) }
        #expect(wrong == nil)
    }

    @Test("A file without transitions lives by its last line alone")
    func footerOnly() throws {
        let rules = try #require(TimeZoneRules(file: file(footer: "CET-1CEST,M3.5.0,M10.5.0/3")))
        #expect(rules.span(at: 1_774_746_000) == .init(start: 1_774_746_000, end: 1_792_890_000, offset: 7_200, offsetBefore: 3_600))
        #expect(rules.span(at: 1_774_745_999).offset == 3_600)
    }

    @Test(
        "The last line is read in all its forms",
        arguments: [
            ("EST5EDT,M3.2.0,M11.1.0", -18_000, -14_400), ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 37_800, 39_600),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", 3_600, 0),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7_200, -3_600), ("XXX-1:02:03YYY,J60/0,J300/26:30", 3_723, 7_323),
            ("AAA+3BBB,59,364/167", -10_800, -7_200),
        ])
    func yearly(text: String, standard: Int, daylight: Int) throws {
        let rule = try #require(YearlyTimeZoneRule(posix: text[...]))
        #expect(rule.standard == standard && rule.daylight == daylight)
        #expect(rule.changes(around: 1_780_000_000).count == 6)
    }

    @Test(
        "A last line that is damaged or has no change gives none",
        arguments: ["UTC0", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "C-1", "", "CET-1CEST,M3.5.0,M10.5.0/3x"])
    func noYearly(text: String) { #expect(YearlyTimeZoneRule(posix: text[...]) == nil) }

    @Test("Day 60 of J counts as 1 March in every year, day 59 from 0 is 29 February in a leap year")
    func dayNumbers() throws {
        let julian = try #require(YearlyTimeZoneRule(posix: "AAA0BBB,J60/0,J300/0"))
        let counted = try #require(YearlyTimeZoneRule(posix: "AAA0BBB,59/0,300/0"))
        let leap = CivilDate(year: 2028, month: 6, day: 1).daysSince1970 * 86_400
        #expect(julian.changes(around: leap)[2].instant == CivilDate(year: 2028, month: 3, day: 1).daysSince1970 * 86_400)
        #expect(counted.changes(around: leap)[2].instant == CivilDate(year: 2028, month: 2, day: 29).daysSince1970 * 86_400)
    }

    @Test("Daylight saving time all year long never changes its offset")
    func permanentDaylight() throws {
        let rules = try #require(TimeZoneRules(file: file(footer: "XXX3EDT4,0/0,J365/23")))
        for day in 0..<800 { #expect(rules.span(at: 1_780_000_000 + day * 86_400).offset == -14_400) }
    }

    @Test("A file that is cut off anywhere in its data is refused")
    func damaged() throws {
        let whole = try [UInt8](Data(contentsOf: URL(filePath: "\(CronZone.databaseFolder)/Europe/Berlin")))
        let footer = try #require(whole.dropLast().lastIndex(of: 10))
        for length in stride(from: 0, to: footer - 1, by: 7) { #expect(TimeZoneRules(file: Array(whole[..<length])) == nil) }
    }

    @Test(
        "Names that lead out of the database or are not in it are unknown",
        arguments: ["", "Mars/Olympus", "../passwd", "/etc/passwd", "Europe//Berlin", "Europe/Berlin\0", "Europe", "Europe/Berlin/"])
    func unknown(name: String) { #expect(throws: CronZoneError.unknown(name)) { try CronZone(name) } }

    @Test(
        "Abbreviations, POSIX strings, offsets, other letter case and the other files of the database are no names",
        arguments: [
            "EST", "IST", "CET", "EST5EDT", "UTC+3", "GMT-5", "GMT+0", "GMT0", "Foo5", "+05:30", "Z", "utc", "gmt", "europe/berlin", "EUROPE/BERLIN",
            "Europe/berlin", "localtime", "posixrules", "posix/Europe/Berlin", "right/Europe/Berlin", "Europe/../Europe/Berlin", "zone.tab",
            "Factory",
            " Europe/Berlin", "Europe/Berlin\n", ":Europe/Berlin", "<+03>-3", "W. Europe Standard Time",
        ])
    func noName(name: String) { #expect(throws: CronZoneError.unknown(name)) { try CronZone(name) } }

    @Test(
        "Names of the database are taken in its letter case",
        arguments: ["UTC", "GMT", "Etc/UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "Japan"])
    func name(name: String) throws { #expect(try CronZone(name).identifier == name) }

    @Test(
        "A day begins at midnight, or where the clock or the calendar jumps over it",
        arguments: [
            ("UTC", "2026-11-22", "2026-11-22T00:00:00Z"), ("Pacific/Kiritimati", "2026-11-22", "2026-11-21T10:00:00Z"),
            ("America/Los_Angeles", "2026-11-02", "2026-11-02T08:00:00Z"), ("America/Los_Angeles", "2026-11-01", "2026-11-01T07:00:00Z"),
            // 00:00 is followed by 01:00.
            ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),
            // 00:00 is followed by 23:00 of the day before.
            ("America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z"),
            // There was no 30 December.
            ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"), ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
        ])
    func days(name: String, day: String, start: String) throws {
        let zone = try CronZone(name)
        let number = Int(try Date("\(day)T00:00:00Z", strategy: .iso8601).timeIntervalSince1970) / 86_400
        #expect(zone.start(ofDay: number) == (try Date(start, strategy: .iso8601)))
        #expect(zone.day(at: zone.start(ofDay: number)) >= number)
        #expect(zone.day(at: zone.start(ofDay: number) - 1) < number)
    }

    @Test("A file that is no zone, and a folder that is no database, are named")
    func noDatabase() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("no zone".utf8).write(to: folder.appending(path: "Broken"))
        #expect(throws: CronZoneError.unreadable("\(folder.path)/Broken")) { try CronZone("Broken", folder: folder.path) }
        #expect(throws: CronZoneError.noDatabase("/no/such/folder")) { try CronZone("Europe/Berlin", folder: "/no/such/folder") }
    }

    @Test("A file that changes under a running service is read again; while it is gone or damaged the rules stay")
    func changedFile() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func put(_ data: Data) throws { try data.write(to: folder.appending(path: "Beirut"), options: .atomic) }
        func rules(of name: String) throws -> Data { try Data(contentsOf: URL(filePath: "\(CronZone.databaseFolder)/\(name)")) }
        let summer = Date(timeIntervalSince1970: 1_783_000_000)

        try put(rules(of: "Europe/Berlin"))
        let zone = try CronZone("Beirut", folder: folder.path, lookingAgainAfter: .zero)
        let patient = try CronZone("Beirut", folder: folder.path)
        let noon = try CronExpression("0 12 * * *")
        #expect(zone.offset(at: summer) == 7_200)
        let before = try #require(noon.next(after: summer, in: zone))
        try put(rules(of: "Asia/Tokyo"))
        #expect(zone.offset(at: summer) == 32_400)
        #expect(noon.next(after: summer, in: zone) == before - 25_200 + (before - 25_200 <= summer ? 86_400 : 0))
        #expect(patient.offset(at: summer) == 7_200, "looked at once a minute")
        try put(Data("no zone".utf8))
        #expect(zone.offset(at: summer) == 32_400)
        try FileManager.default.removeItem(at: folder.appending(path: "Beirut"))
        #expect(zone.offset(at: summer) == 32_400)
    }

    /// A version 2 file with one type of offset 0 and no transitions.
    private func file(footer: String) -> [UInt8] {
        func block() -> [UInt8] {
            let counts: [UInt8] = [0, 0, 0, 0, 1, 4].flatMap { [0, 0, 0, $0] }
            return Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + counts + [0, 0, 0, 0, 0, 0] + Array("UTC\0".utf8)
        }
        return block() + block() + Array("\n\(footer)\n".utf8)
    }
}
