import CivilCalendar
import Testing

@Suite("Civil dates")
struct CivilDateTests {
    @Test(
        "Days are counted from 1970-01-01, before it and far from it",
        arguments: [
            (0, 1970, 1, 1, 4), (-1, 1969, 12, 31, 3), (59, 1970, 3, 1, 0), (11_016, 2000, 2, 29, 2), (-25_509, 1900, 2, 28, 3),
            (-719_162, 1, 1, 1, 1), (-719_468, 0, 3, 1, 3), (-719_529, -1, 12, 31, 5), (2_932_896, 9999, 12, 31, 5),
        ])
    func counted(days: Int, year: Int, month: Int, day: Int, weekday: Int) {
        let date = CivilDate(daysSince1970: days)
        #expect(date == CivilDate(year: year, month: month, day: day) && date.daysSince1970 == days && date.weekday == weekday)
    }

    @Test("Each day follows the one before, for 800 years")
    func successive() {
        var expected = CivilDate(year: 1600, month: 1, day: 1)
        for days in expected.daysSince1970...CivilDate(year: 2400, month: 12, day: 31).daysSince1970 {
            guard CivilDate(daysSince1970: days) == expected, expected.daysSince1970 == days else {
                Issue.record("day \(days) is not \(expected)")
                return
            }
            expected.day += 1
            if expected.day > CivilDate.length(ofMonth: expected.month, year: expected.year) {
                expected =
                    expected.month == 12
                    ? CivilDate(year: expected.year + 1, month: 1, day: 1) : CivilDate(year: expected.year, month: expected.month + 1, day: 1)
            }
        }
    }

    @Test("A month has no days but its own", arguments: [(2026, 2, 29), (1900, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0)])
    func invalid(year: Int, month: Int, day: Int) { #expect(CivilDate(validYear: year, month: month, day: day) == nil) }

    @Test("Dates and times of day are written with all their digits")
    func text() {
        #expect("\(CivilDate(year: 26, month: 1, day: 9))" == "0026-01-09")
        #expect(CivilDate.clock(29_109) == "08:05:09")
        #expect(CivilDate(validYear: 2000, month: 2, day: 29)?.day == 29)
    }
}
