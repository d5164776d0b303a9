import CivilCalendar
import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres

/// The mail with a report: its figures with their change against the period before, and a chart.
struct ReportMail: Sendable {
    /// The template, which names the kind of report.
    enum Template: String, Sendable {
        case daily = "daily-report"
        case weekly = "weekly-report"
        case monthly = "monthly-summary"
    }

    /// The most rows of a list in a mail.
    static let shownRows = 20

    let template: Template
    /// What the period is called: `2026-11-25`, `2026-10`.
    let name: String
    let facts: [String: MailFact]
    let charts: [MailChart]

    /// A mail for each recipient; a second one about the same period is never sent.
    func mails(to recipients: [Recipient], _ period: ReportPeriod, in zone: CronZone) -> [Mail] {
        let end = Int(period.end.timeIntervalSince1970)
        let more: [String: MailFact] = ["period": .text(name), "end": .localTime(Self.local(period.end, zone), zone: zone.identifier)]
        return recipients.map { recipient in
            Mail(
                template.rawValue, about: end, kind: "\(template.rawValue)/\(recipient.email.lowercased())", to: recipient,
                facts: facts.merging(more.filter { template != .monthly || $0.key != "end" }) { $1 }, charts: charts)
        }
    }

    /// `2026-11-25T23:00`
    static func local(_ instant: Date, _ zone: CronZone) -> String {
        let seconds = Int(instant.timeIntervalSince1970.rounded(.down)) + zone.offset(at: instant)
        let (day, time) = seconds.dividedDown(by: 86_400)
        return "\(CivilDate(daysSince1970: day))T\(CivilDate.clock(time).prefix(5))"
    }

    // MARK: - Figures

    /// A count with its change.
    static func count(_ now: Int, before: Int?) -> MailFact {
        .list([change(Double(now), before.map(Double.init)).merging(["value": .number(now)]) { $1 }])
    }

    /// Amounts by currency with their changes.
    static func money(_ now: [String: Int], before: [String: Int]?) -> MailFact {
        .list(
            Set(now.keys).union(before?.keys.map { $0 } ?? []).sorted().map { currency in
                let amount = now[currency] ?? 0
                return change(Double(amount), before.map { Double($0[currency] ?? 0) })
                    .merging(["value": .money(Money(amount, currency))]) { $1 }
            })
    }

    /// A rate of 0 to 1 as per cent; none where there was nothing to divide by.
    static func rate(_ rate: Double?) -> MailFact { .list(rate.map { [["value": .text(percent($0))]] } ?? []) }

    /// `12.5 %`
    static func percent(_ rate: Double) -> String {
        let tenths = Int((rate * 1000).rounded().clamped(to: -1e9...1e9))
        let sign = tenths < 0 ? "−" : ""
        return "\(sign)\(abs(tenths) / 10)\(tenths % 10 == 0 ? "" : ".\(abs(tenths) % 10)") %"
    }

    private static func change(_ now: Double, _ before: Double?) -> [String: MailFact] {
        guard let before, now != before else { return ["change": .text(""), "isNew": .text("")] }
        guard before != 0 else { return ["change": .text(""), "isNew": .text("yes")] }
        let change = percent((now - before) / before)
        return ["change": .text(change.hasPrefix("−") ? change : "+\(change)"), "isNew": .text("")]
    }

    /// A list of events or categories, with the number of those that are left out.
    static func entries(_ rows: [[String: MailFact]]) -> [String: MailFact] {
        [
            "entries": .list(rows.isEmpty ? [] : [["rows": .list(Array(rows.prefix(shownRows)))]]),
            "more": .text(rows.count > shownRows ? "\(rows.count - shownRows)" : ""),
        ]
    }

    static func row(_ title: String, tickets: Int, share: String, amounts: [String: Int]) -> [String: MailFact] {
        [
            "title": .text(title), "tickets": .number(tickets), "share": .text(share),
            "amounts": .list(amounts.sorted { $0.key < $1.key }.map { ["money": .money(Money($0.value, $0.key))] }),
        ]
    }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double { isNaN ? 0 : min(max(self, range.lowerBound), range.upperBound) }
}
