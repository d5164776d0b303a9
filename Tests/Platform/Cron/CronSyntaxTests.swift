import FoundationEssentials
import Testing

@testable import Cron

@Suite("Cron syntax")
struct CronSyntaxTests {
    @Test(
        "Terms give the values that crontab(5) says",
        arguments: [
            ("*/15 * * * *", [0, 15, 30, 45]), ("5 * * * *", [5]), ("1-4 * * * *", [1, 2, 3, 4]), ("10-50/20 * * * *", [10, 30, 50]),
            ("50/4 * * * *", [50, 54, 58]), ("1,3,5-6,58/1 * * * *", [1, 3, 5, 6, 58, 59]), ("  7\t*  * * * ", [7]),
        ])
    func minutes(text: String, expected: [Int]) throws {
        let expression = try CronExpression(text)
        #expect((0..<60).filter(expression.minutes.contains) == expected)
        #expect((0..<60).filter(expression.seconds.contains) == [0])
    }

    @Test("Six fields start with the second")
    func seconds() throws {
        let expression = try CronExpression("*/20 1 2 * * *")
        #expect((0..<60).filter(expression.seconds.contains) == [0, 20, 40])
        #expect((0..<60).filter(expression.minutes.contains) == [1])
        #expect((0..<24).filter(expression.hours.contains) == [2])
    }

    @Test(
        "What never fires is refused with the field and its place",
        arguments: ["0 0 30 2 *", "0 0 31 4,JUN,9,11 *", "0 0 L-30 2 ?", "0 30 12 31W feb ?"])
    func neverFires(text: String) throws {
        let error = #expect(throws: CronSyntaxError.self) { try CronExpression(text) }
        let words = text.split(separator: " ")
        #expect(error?.field == .dayOfMonth)
        #expect(error.map { text.dropFirst($0.position - 1).hasPrefix($0.value) } == true && words.contains { $0 == error?.value ?? "" })
        #expect(error?.description.contains("never fires") == true)
    }

    @Test("What fires in leap years only is taken", arguments: ["0 0 29 2 *", "0 0 * 2 MON#5", "0 0 L-28 2 *", "0 0 */28 2 MON"])
    func leapYears(text: String) throws { #expect(try CronExpression(text).next(after: Date(timeIntervalSince1970: 0), in: .utc) != nil) }

    @Test("Months have names, in any letter case")
    func months() throws {
        let expression = try CronExpression("0 0 1 jan,MAR-May,12 *")
        #expect((1...12).filter(expression.months.contains) == [1, 3, 4, 5, 12])
    }

    /// August 2026 begins on a Saturday and has 31 days, February 2027 begins on a Monday and has 28.
    @Test(
        "Day fields give the right days of August 2026 and February 2027",
        arguments: [
            ("* * * * SUN", [2, 9, 16, 23, 30], [7, 14, 21, 28]), ("* * * * 0", [2, 9, 16, 23, 30], [7, 14, 21, 28]),
            ("* * * * 7", [2, 9, 16, 23, 30], [7, 14, 21, 28]),
            ("* * ? * sat-sun", [1, 2, 8, 9, 15, 16, 22, 23, 29, 30], [6, 7, 13, 14, 20, 21, 27, 28]),
            ("* * * * MON#2", [10], [8]), ("* * * * SAT#5", [29], []), ("* * * * 5L", [28], [26]), ("* * * * sunl,3#1", [5, 30], [3, 28]),
            ("* * L * ?", [31], [28]), ("* * L-2 * *", [29], [26]), ("* * 15W * *", [14], [15]), ("* * 1W * *", [3], [1]), ("* * LW * *", [31], [26]),
            ("* * 28W * *", [28], [26]), ("* * 1,L * *", [1, 31], [1, 28]), ("* * 30 * *", [30], []),
            ("* * 13 * FRI", [7, 13, 14, 21, 28], [5, 12, 13, 19, 26]),
            ("* * */10 * SUN", [], [21]), ("* * 1-7 * */6", [1, 2], [6, 7]),
        ])
    func days(text: String, august: [Int], february: [Int]) throws {
        let days = try CronExpression(text).days
        #expect((1...31).filter(days.matching(year: 2026, month: 8).contains) == august)
        #expect((1...31).filter(days.matching(year: 2027, month: 2).contains) == february)
    }

    @Test(
        "Names for whole expressions stand for their fields",
        arguments: [
            ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"), ("@monthly", "0 0 1 * *"), ("@weekly", "0 0 * * 0"), ("@daily", "0 0 * * *"),
            ("@Midnight", "0 0 * * *"), ("@hourly", "0 * * * *"),
        ])
    func macros(name: String, fields: String) throws {
        let named = try CronExpression(name)
        let written = try CronExpression(fields)
        #expect(named.minutes == written.minutes && named.hours == written.hours && named.months == written.months && named.days == written.days)
        #expect(named.text == name)
    }

    @Test(
        "An error names the field, the value and its position",
        arguments: [
            ("60 * * * *", CronFieldName.minute, "60", 1), ("0 24 * * *", .hour, "24", 3), ("0 0 0 * *", .dayOfMonth, "0", 5),
            ("0 0 32W * *", .dayOfMonth, "32", 5),
            ("0 0 1 13 *", .month, "13", 7), ("0 0 1 JAM *", .month, "JAM", 7), ("0 0 * * 8", .dayOfWeek, "8", 9),
            ("0 0 * * MON,TUX", .dayOfWeek, "TUX", 13),
            ("0 5-1 * * *", .hour, "5-1", 3), ("*/0 * * * *", .minute, "0", 3), ("*/61 * * * *", .minute, "61", 3), ("*/x * * * *", .minute, "x", 3),
            ("1//2 * * * *", .minute, "1//2", 1), ("1,,2 * * * *", .minute, "", 3), ("-1 * * * *", .minute, "", 1), ("+1 * * * *", .minute, "+1", 1),
            ("? * * * *", .minute, "?", 1), ("* * ?/2 * *", .dayOfMonth, "?", 5), ("61 0 0 * * *", .second, "61", 1),
            ("0 0 L-31 * *", .dayOfMonth, "L-31", 5),
            ("0 0 * * L", .dayOfWeek, "L", 9), ("0 0 * * MON#6", .dayOfWeek, "MON#6", 9), ("٣ * * * *", .minute, "٣", 1),
            ("0 0 1-2-3 * *", .dayOfMonth, "1-2-3", 5),
        ])
    func errors(text: String, field: CronFieldName, value: String, position: Int) {
        let error = #expect(throws: CronSyntaxError.self) { try CronExpression(text) }
        #expect(error?.field == field && error?.value == value && error?.position == position, "\(error?.description ?? "")")
        #expect(error?.description.contains(field.rawValue) == true)
    }

    @Test(
        "What is no expression at all is refused with the place where it ends to be one",
        arguments: [("", "", 1), ("* * * *", "*", 7), ("0 0 0 * * * 2026", "2026", 13), ("@reboot", "@reboot", 1), ("@daily 5", "5", 8)])
    func wholeErrors(text: String, value: String, position: Int) {
        let error = #expect(throws: CronSyntaxError.self) { try CronExpression(text) }
        #expect(error?.field == nil && error?.value == value && error?.position == position)
    }
}
