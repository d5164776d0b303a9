import CivilCalendar
import Cron
import FoundationEssentials
import Platform

/// Mails reports to `REPORT_RECIPIENTS`, once each: a report that is made again is not mailed again, and one of a past
/// period that `boxoffice backfill` asks for (`mail=no`) not at all.
struct ReportMailing: Sendable {
    let recipients: [Recipient]

    /// Mails the report of a period that was stored in this transaction.
    /// - Parameters:
    ///   - count: How many reports the mail is made of, with those before it.
    ///   - mail: Makes the mail; it is given what a day is called, `2026-11-25`.
    func send<Body: Decodable & Sendable>(
        _ kind: Report.Kind, _ period: ReportPeriod, count: Int, _ slice: Slice, _ tx: Transaction,
        _ mail: (ReportHistory<Body>, (Date) -> String) -> ReportMail
    ) async throws {
        guard !recipients.isEmpty, slice.parameters["mail"] != "no" else { return }
        guard let history = try await ReportHistory<Body>.read(kind, period, count: count, tx) else { return }
        let zone = try await slice.zone(tx)
        let report = mail(history) { CivilDate(daysSince1970: zone.day(at: $0)).description }
        try tx.mail(report.mails(to: recipients, period, in: zone))
    }
}
