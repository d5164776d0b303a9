import CivilCalendar

/// The three ways HTTP writes an instant (RFC 9110 section 5.6.7).
enum HTTPDate {
    /// Seconds since 1970; nil if it is none of the three. A two-digit year is taken to lie within 50 years from 2000.
    static func seconds(_ text: String) -> Int? {
        let words = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        switch words.count {
        case 6 where words[0].hasSuffix(",") && words[5] == "GMT":
            // Sun, 06 Nov 1994 08:49:37 GMT
            return instant(year: words[3], month: words[2], day: words[1], time: words[4])
        case 4 where words[0].hasSuffix(",") && words[3] == "GMT":
            // Sunday, 06-Nov-94 08:49:37 GMT
            let date = words[1].split(separator: "-").map(String.init)
            guard date.count == 3, date[2].utf8.count == 2, let year = number(date[2]) else { return nil }
            return instant(year: String(year < 50 ? 2000 + year : 1900 + year), month: date[1], day: date[0], time: words[2])
        case 5:
            // Sun Nov  6 08:49:37 1994
            return instant(year: words[4], month: words[1], day: words[2], time: words[3])
        default:
            return nil
        }
    }

    private static func instant(year: String, month: String, day: String, time: String) -> Int? {
        let clock = time.split(separator: ":").map(String.init)
        guard year.utf8.count == 4, clock.count == 3, clock.allSatisfy({ $0.utf8.count == 2 }),
            let month = months.firstIndex(of: month), let year = number(year), let day = number(day),
            let date = CivilDate(validYear: year, month: month + 1, day: day), let hour = number(clock[0]), hour < 24,
            let minute = number(clock[1]), minute < 60, let second = number(clock[2]), second <= 60
        else { return nil }
        // A leap second counts as the next one.
        return date.daysSince1970 * 86_400 + hour * 3_600 + minute * 60 + second
    }

    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func number(_ text: String) -> Int? {
        text.utf8.allSatisfy(\.isDigit) ? Int(text) : nil
    }
}
