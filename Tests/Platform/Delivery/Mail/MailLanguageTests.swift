import Contracts
import Testing

@testable import Platform

@Suite("What facts are in a language")
struct MailLanguageTests {
    private let languages: [String: MailLanguage]

    init() throws { languages = try MailLanguage.embedded() }

    @Test(
        "Money has the decimals of its currency",
        arguments: [
            (4200, "EUR", "EUR 42.00", "42,00 EUR"), (123_456_789, "USD", "USD 1,234,567.89", "1.234.567,89 USD"),
            (5, "EUR", "EUR 0.05", "0,05 EUR"), (0, "EUR", "EUR 0.00", "0,00 EUR"), (-250, "GBP", "GBP -2.50", "-2,50 GBP"),
            (1500, "JPY", "JPY 1,500", "1.500 JPY"), (0, "JPY", "JPY 0", "0 JPY"), (1250, "KWD", "KWD 1.250", "1,250 KWD"),
            (7, "KWD", "KWD 0.007", "0,007 KWD"), (12_345, "CLF", "CLF 1.2345", "1,2345 CLF"),
            (Int.min, "EUR", "EUR -92,233,720,368,547,758.08", "-92.233.720.368.547.758,08 EUR"),
        ])
    func money(amount: Int, currency: String, english: String, spanish: String) throws {
        #expect(languages["en"]?.text(Money(amount, currency)) == english)
        #expect(languages["es"]?.text(Money(amount, currency)) == spanish)
    }

    @Test("Numbers are grouped", arguments: [(0, "0", "0"), (999, "999", "999"), (-1000, "-1,000", "-1.000"), (1_234_567, "1,234,567", "1.234.567")])
    func number(number: Int, english: String, spanish: String) {
        #expect(languages["en"]?.number(number) == english)
        #expect(languages["es"]?.number(number) == spanish)
    }

    @Test(
        "A local time is written out with its weekday and zone",
        arguments: [
            (
                "2026-11-21T20:00", "Saturday, 21 November 2026, 20:00 (Europe/Madrid)", "sábado, 21 de noviembre de 2026, 20:00 (Europe/Madrid)"
            ),
            ("2024-02-29T00:05", "Thursday, 29 February 2024, 00:05 (Europe/Madrid)", "jueves, 29 de febrero de 2024, 00:05 (Europe/Madrid)"),
            ("1969-12-31T23:59", "Wednesday, 31 December 1969, 23:59 (Europe/Madrid)", "miércoles, 31 de diciembre de 1969, 23:59 (Europe/Madrid)"),
        ])
    func localTime(text: String, english: String, spanish: String) {
        #expect(languages["en"]?.localTime(text, zone: "Europe/Madrid") == english)
        #expect(languages["es"]?.localTime(text, zone: "Europe/Madrid") == spanish)
    }

    @Test(
        "What is no local time is none",
        arguments: [
            "", "2026-02-29T20:00", "2026-13-01T20:00", "2026-11-21T24:00", "2026-11-21T20:60", "2026-11-21 20:00", "2026-11-21T20:00Z", "soon",
        ])
    func noTime(text: String) { #expect(languages["en"]?.localTime(text, zone: "UTC") == nil) }
}
