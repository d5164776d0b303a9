import CivilCalendar
import Contracts

/// How a language writes numbers, money and times: a file `Languages/<code>.json`. Adding a language is adding a file.
struct MailLanguage: Decodable, Sendable {
    /// January first.
    let months: [String]
    /// Sunday first.
    let weekdays: [String]
    let localTime: MailPattern<TimeField>
    let money: MailPattern<MoneyField>
    /// Between the whole and the fraction.
    let decimalSeparator: String
    /// Between thousands.
    let groupSeparator: String
    /// The text of the link in the footer of mails that one can unsubscribe from.
    let unsubscribe: String

    /// What a local time is written with.
    enum TimeField: String {
        case weekday, day, month, year, hour, minute, zone
    }

    /// What an amount of money is written with.
    enum MoneyField: String {
        case amount, currency
    }

    /// The languages that are compiled in, by their code.
    static func embedded() throws(ConfigurationError) -> [String: MailLanguage] {
        var languages: [String: MailLanguage] = [:]
        for file in Embedded.files where file.path.hasSuffix(".json") {
            let language: MailLanguage
            do {
                language = try WireCoding.decodeJSON(from: Array(file.text.utf8)[...])
            } catch {
                throw ConfigurationError(file.path, "cannot be used: \(error)")
            }
            guard language.months.count == 12, language.weekdays.count == 7 else {
                throw ConfigurationError(file.path, "must name 12 months and 7 weekdays")
            }
            languages[String(file.path.fileName.dropLast(".json".count))] = language
        }
        return languages
    }

    /// 12,345.
    func number(_ number: Int) -> String {
        (number < 0 ? "-" : "") + grouped("\(number.magnitude)")
    }

    /// EUR 1,234.50, JPY 500, KWD 1.250.
    func text(_ money: Money) -> String {
        let exponent = MinorUnits.exponent(of: money.currency)
        var digits = "\(money.amount.magnitude)"
        digits = String(repeating: "0", count: max(0, exponent + 1 - digits.count)) + digits
        let fraction = exponent > 0 ? decimalSeparator + digits.suffix(exponent) : ""
        let text = (money.amount < 0 ? "-" : "") + grouped(digits.dropLast(exponent)) + fraction
        return self.money.filled { field in
            switch field {
            case .amount: text
            case .currency: money.currency
            }
        }
    }

    /// Saturday, 21 November 2026, 20:00 (Europe/Madrid); nil for an invalid local time.
    func localTime(_ text: String, zone: String) -> String? {
        let fields = text.utf8.split(omittingEmptySubsequences: false) { "-T:".utf8.contains($0) }.map(Substring.init)
        let numbers = fields.compactMap { Int($0) }
        guard fields.map(\.utf8.count) == [4, 2, 2, 2, 2], numbers.count == 5, (0...23).contains(numbers[3]), (0...59).contains(numbers[4]),
            let date = CivilDate(validYear: numbers[0], month: numbers[1], day: numbers[2])
        else { return nil }
        return localTime.filled { field in
            switch field {
            case .weekday: weekdays[date.weekday]
            case .day: "\(date.day)"
            case .month: months[date.month - 1]
            case .year: "\(date.year)"
            case .hour: String(fields[3])
            case .minute: String(fields[4])
            case .zone: zone
            }
        }
    }

    private func grouped(_ digits: some StringProtocol) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += groupSeparator }
            text.append(digit)
        }
        return text
    }
}

extension String {
    /// The part after the last slash.
    var fileName: String { split(separator: "/").last.map(String.init) ?? self }
}
