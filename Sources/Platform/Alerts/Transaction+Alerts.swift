import Contracts
import FoundationEssentials
import Postgres

/// Alerts are rows, so that a restart neither repeats nor forgets one; the mails about them commit with the rows.
///
/// When a condition is over is for the caller to decide, on positive evidence and with some hysteresis: a figure that
/// wavers around its limit is one incident.
extension Transaction {
    /// Opens an alert, or notes that the one that is open still holds. It is mailed when it is opened and not again.
    /// - Parameter recipients: Who gets the mail; the service needs a ``MailChannel`` when there are any.
    /// - Returns: whether it was opened by this call.
    @discardableResult
    public func open(_ alert: Alert, mailTo recipients: [Recipient] = []) async throws -> Bool {
        let opened = try await row(
            Self.openOrNote, as: Opened.self, alert.kind, alert.subject, service, now, PostgresJSON(alert))
        guard opened.isNew else { return false }
        let mail = AlertMail(
            id: opened.id, kind: alert.kind, subject: alert.subject, service: service, since: opened.since, summary: alert.summary,
            advice: alert.advice, figures: alert.figures)
        try self.mail(mail.mails(to: recipients))
        return true
    }

    /// Ends the alert of this kind and subject, if one is open: there is evidence that its condition is over.
    /// - Parameter how: One sentence for people.
    /// - Returns: whether there was one.
    @discardableResult
    public func endAlert(_ kind: String, about subject: String, how: String, mailTo recipients: [Recipient] = []) async throws -> Bool {
        guard let ended = try await query(Self.endOpen, as: Opened.self, kind, subject.storable(atMost: Alert.keyLength), now, how.storable()).first
        else { return false }
        let mail = AlertMail(id: ended.id, kind: kind, subject: subject, service: service, since: ended.since, summary: how, until: now)
        try self.mail(mail.mails(to: recipients))
        return true
    }

    /// Notes that nothing is known about the condition of an open alert. It stays open.
    public func noteNoData(about subject: String, kind: String) async throws {
        try await execute(Self.noData, kind, subject.storable(atMost: Alert.keyLength), now)
    }

    /// The open alerts of a kind.
    public func openAlerts(_ kind: String) async throws -> [OpenAlert] { try await query(Self.allOpen, as: OpenAlert.self, kind) }

    private struct Opened: Decodable, Sendable {
        let id: Int
        let since: Date
        let isNew: Bool
    }

    private static let openOrNote: SQL = """
        insert into operations.alerts (kind, subject, service, since, seen_at, details) values ($1, $2, $3, $4, $4, $5)
        on conflict (kind, subject) where until is null
        do update set seen_at = greatest(alerts.seen_at, excluded.seen_at), no_data_since = null, details = excluded.details
        returning id, since, xmax = 0 as is_new
        """

    private static let endOpen: SQL = """
        update operations.alerts
        set until = greatest($3::timestamptz, since), no_data_since = null, details = details || jsonb_build_object('end', $4::text)
        where kind = $1 and subject = $2 and until is null
        returning id, since, false as is_new
        """

    private static let noData: SQL = """
        update operations.alerts set no_data_since = $3
        where kind = $1 and subject = $2 and until is null and no_data_since is null
        """

    private static let allOpen: SQL = """
        select id, subject, since, no_data_since from operations.alerts where kind = $1 and until is null order by subject limit 1000
        """
}
