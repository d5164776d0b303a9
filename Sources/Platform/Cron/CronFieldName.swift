/// The fields of a cron expression, in their order, and what is allowed in each.
public enum CronFieldName: String, Sendable, Hashable, CaseIterable {
    case second
    case minute
    case hour
    case dayOfMonth = "day of month"
    case month
    case dayOfWeek = "day of week"

    /// The numbers that may be written. Day of week has two Sundays, 0 and 7.
    var written: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        }
    }

    /// The values that `*` stands for.
    var all: ClosedRange<Int> { self == .dayOfWeek ? 0...6 : written }

    /// Three-letter English names, the first for the lowest number; empty where only numbers are allowed.
    var names: [String] {
        switch self {
        case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
        case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
        default: []
        }
    }
}
