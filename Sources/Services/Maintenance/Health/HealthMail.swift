import CivilCalendar
import Cron
import FoundationEssentials
import Platform

/// The mail with a health report: what needs somebody first, then the figures.
struct HealthMail: Sendable {
    static let template = "health-report"
    /// The most rows of a list.
    private static let shownRows = 20

    let report: HealthReport
    let period: ReportPeriod
    let zone: CronZone

    /// A mail for each recipient; a second one about the same day is never sent.
    func mails(to recipients: [Recipient]) -> [Mail] {
        let end = Int(period.end.timeIntervalSince1970)
        return recipients.map { Mail(Self.template, about: end, kind: "\(Self.template)/\($0.email)", to: $0, facts: facts) }
    }

    private var facts: [String: MailFact] {
        let (day, time) = (Int(period.end.timeIntervalSince1970.rounded(.down)) + zone.offset(at: period.end)).dividedDown(by: 86_400)
        let date = CivilDate(daysSince1970: day).description
        return [
            "day": .text(date), "end": .localTime("\(date)T\(CivilDate.clock(time).prefix(5))", zone: zone.identifier),
            "count": .text(report.findings.isEmpty ? "" : "\(report.findings.count)"), "fine": .text(report.findings.isEmpty ? "yes" : ""),
            "findings": .list(report.findings.prefix(Self.shownRows).map { ["finding": .text($0.text), "advice": .text($0.advice)] }),
            "more": .text(report.findings.count > Self.shownRows ? "\(report.findings.count - Self.shownRows)" : ""),
            "services": .list(report.services.map(row)),
            "jobs": .list(report.runs.filter { $0.failed + $0.partial > 0 }.prefix(Self.shownRows).map(row)),
            "runs": .number(report.runs.reduce(0) { $0 + $1.succeeded + $1.partial + $1.failed }),
            "size": .text(report.database.bytes.asBytes),
            "tables": .list(report.database.tables.prefix(5).map { ["table": .text($0.name), "bytes": .text($0.bytes.asBytes)] }),
        ]
    }

    private func row(_ service: HealthReport.Service) -> [String: MailFact] {
        let memory = service.processes.compactMap(\.residentBytes).max()
        return [
            "service": .text(service.service), "processes": .number(service.processes.count), "memory": .text(memory?.asBytes ?? ""),
            "uptime": .text(service.processes.map(\.uptimeSeconds).min().map(Self.words) ?? ""),
            "waiting": .number((service.messages ?? 0) + service.outbox + service.deliveries),
            "failures": .number((service.parkedMessages ?? 0) + service.failedDeliveries),
            "error": .text(service.processes.compactMap(\.lastError).max { $0.at < $1.at }?.text ?? ""),
        ]
    }

    private func row(_ runs: HealthReport.Runs) -> [String: MailFact] {
        ["job": .text(runs.job), "succeeded": .number(runs.succeeded), "failed": .number(runs.failed), "partial": .number(runs.partial)]
    }

    /// `3 d`, `5 h`, `12 min`
    static func words(_ seconds: Int) -> String {
        switch seconds {
        case ..<3600: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) d"
        }
    }
}
