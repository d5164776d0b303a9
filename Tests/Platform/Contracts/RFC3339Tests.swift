import Contracts
import Foundation
import Platform
import Testing

@Suite("RFC 3339 instants")
struct RFC3339Tests {
    private static let utc = Calendar(identifier: .gregorian).in(.gmt)

    @Test("What is an instant is read, what is none is refused")
    func table() {
        for text in InstantTable.good { #expect(RFC3339.date(from: text) != nil, "\(text)") }
        for text in InstantTable.bad where !text.hasSuffix("\\n") { #expect(RFC3339.date(from: text) == nil, "\(text)") }
    }

    @Test(
        "The same instant in different words",
        arguments: [
            ("2027-03-14T01:59:26.5Z", "2027-03-14T01:59:26.500Z"), ("2027-03-14T07:44:26+05:45", "2027-03-14T01:59:26Z"),
            ("2027-03-13T20:59:26-05:00", "2027-03-14T01:59:26Z"), ("2027-03-14t01:59:26.000000z", "2027-03-14T01:59:26Z"),
            ("2027-03-14T01:59:26.1234567Z", "2027-03-14T01:59:26.123456Z"), ("2027-03-14T01:59:26.000001Z", "2027-03-14T01:59:26.000001Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"), ("2017-01-01T05:29:60.9+05:30", "2016-12-31T23:59:59.999999Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"), ("0000-02-29T12:00:00Z", "0000-02-29T12:00:00Z"),
        ])
    func normalForm(_ text: String, _ normal: String) throws { #expect(RFC3339.string(from: try #require(RFC3339.date(from: text))) == normal) }

    @Test("Every day from 1890 to 2110 is the calendar's day")
    func everyDay() throws {
        let first = try #require(Self.utc.date(from: DateComponents(year: 1890, month: 1, day: 1)))
        var wrong: [String] = []
        for day in 0..<80_353 {
            let date = first.addingTimeInterval(Double(day) * 86_400 + 43_200)
            let text = RFC3339.string(from: date)
            let calendar = Self.utc.dateComponents([.year, .month, .day], from: date)
            if text.prefix(10) != String(format: "%04d-%02d-%02d", calendar.year ?? 0, calendar.month ?? 0, calendar.day ?? 0)
                || RFC3339.date(from: text) != date
            {
                wrong.append(text)
            }
        }
        #expect(wrong == [])
    }

    @Test("A microsecond comes back as it was")
    func microseconds() {
        var generator = SplitMix64(seed: 7)
        for _ in 0..<20_000 {
            let date = Date(timeIntervalSince1970: Double(Int.random(in: 0...4_000_000_000_000_000, using: &generator)) / 1_000_000)
            let text = RFC3339.string(from: date)
            #expect(RFC3339.date(from: text).map(RFC3339.string) == text)
            #expect(RFC3339.date(from: text) == date)
        }
    }

    @Test("What RFC 3339 cannot say becomes the nearest that it can")
    func stubs() {
        #expect(RFC3339.string(from: .distantFuture.addingTimeInterval(1e12)) == "9999-12-31T23:59:59.999999Z")
        #expect(RFC3339.string(from: Date(timeIntervalSince1970: -1e12)) == "0000-01-01T00:00:00Z")
        #expect(RFC3339.string(from: Date(timeIntervalSince1970: .infinity)) == "9999-12-31T23:59:59.999999Z")
    }
}

extension Calendar {
    fileprivate func `in`(_ zone: TimeZone) -> Calendar {
        var calendar = self
        calendar.timeZone = zone
        return calendar
    }
}
