import FoundationEssentials
import Migrations
import Platform
import Postgres

/// Checks that mails and pushes arrive: reports those that bounced or were parked in the last day, and those that keep
/// failing, by reason.
///
/// Refunds are outbound deliveries as well; ``RefundCheck`` reports those that the gateway refused.
struct DeliveryCheck: StateCheck {
    let subject = "deliveries"

    private static let lookBack = 86_400.0
    /// A delivery that has failed for longer than this is not just waiting for a busy server.
    private static let patience = 3600.0
    /// The maximum number of reasons on a line.
    private static let reasons = 3

    func results(_ database: PostgresClient) async throws -> [CheckResult] {
        let groups = try await database.query(Self.troubled, as: Group.self, Self.lookBack, Self.patience, 10 * Self.mostRows)
        guard !groups.isEmpty else { return [.ok(subject, "none was bounced or parked in the last day, and none keeps failing")] }
        return Dictionary(grouping: groups) { [$0.schema, $0.kind, $0.status.rawValue] }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .compactMap { _, groups in groups.first.map { result(schema: $0.schema, kind: $0.kind, status: $0.status, groups) } }
    }

    private func result(schema: String, kind: String, status: DeliveryStatus, _ groups: [Group]) -> CheckResult {
        let service = Domain.all.first { $0.schema == schema }?.service ?? schema
        let count = groups.map(\.count).reduce(0, +)
        let named = groups.sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }.prefix(Self.reasons).map { "\($0.count) × \($0.reason)" }
        let reasons = named.joined(separator: "; ") + (groups.count > Self.reasons ? "; \(groups.count - Self.reasons) more reasons" : "")
        return .fail("\(kind) of \(service)", "\(count) \(Self.what(status)): \(reasons). \(Self.advice(status, schema))")
    }

    private static func what(_ status: DeliveryStatus) -> String {
        switch status {
        case .bounced: "bounced in the last day"
        case .parked: "parked in the last day"
        case .queued, .sent, .suppressed: "tried for more than an hour"
        }
    }

    private static func advice(_ status: DeliveryStatus, _ schema: String) -> String {
        switch status {
        case .bounced: "They were refused for good: reach these people in another way, or mend the address and queue them again (docs/mail.md)"
        case .parked: "Mend the cause, then queue them again (docs/mail.md): update \(schema).deliveries set status = 'queued' …"
        case .queued, .sent, .suppressed: "They are tried again by themselves once the cause is mended"
        }
    }

    private struct Group: Decodable, Sendable {
        let schema: String
        let kind: String
        let status: DeliveryStatus
        let reason: String
        let count: Int
    }

    // Reasons are grouped without their addresses and long numbers. A delivery that failed for good has the time of
    // that in next_attempt_at, and an index by it.
    static let troubled: SQL = """
        with troubled (schema, kind, status, reason) as (
            select 'operations', kind, status, last_error from operations.deliveries
            where status in ('bounced', 'parked') and next_attempt_at > now() - make_interval(secs => $1)
            union all
            select 'tickets', kind, status, last_error from tickets.deliveries
            where status in ('bounced', 'parked') and next_attempt_at > now() - make_interval(secs => $1)
            union all
            select 'loyalty', kind, status, last_error from loyalty.deliveries
            where status in ('bounced', 'parked') and next_attempt_at > now() - make_interval(secs => $1)
            union all
            select 'payments', kind, status, last_error from payments.deliveries
            where status in ('bounced', 'parked') and next_attempt_at > now() - make_interval(secs => $1) and kind <> 'refund'
            union all
            select 'events', kind, status, last_error from events.deliveries
            where status in ('bounced', 'parked') and next_attempt_at > now() - make_interval(secs => $1)
            union all
            select 'bookings', kind, status, last_error from bookings.deliveries
            where status in ('bounced', 'parked') and next_attempt_at > now() - make_interval(secs => $1)
            union all
            select 'marketing', kind, status, last_error from marketing.deliveries
            where status in ('bounced', 'parked') and next_attempt_at > now() - make_interval(secs => $1)
            union all
            select 'analytics', kind, status, last_error from analytics.deliveries
            where status in ('bounced', 'parked') and next_attempt_at > now() - make_interval(secs => $1)
            union all
            select 'maintenance', kind, status, last_error from maintenance.deliveries
            where status in ('bounced', 'parked') and next_attempt_at > now() - make_interval(secs => $1)
            union all
            select 'console', kind, status, last_error from console.deliveries
            where status in ('bounced', 'parked') and next_attempt_at > now() - make_interval(secs => $1)
            union all
            select schema, kind, 'queued', last_error
            from ((select 'operations' as schema, kind, last_error, attempts, created_at from operations.deliveries where status = 'queued' limit $3)
                  union all
                  (select 'tickets', kind, last_error, attempts, created_at from tickets.deliveries where status = 'queued' limit $3)
                  union all
                  (select 'loyalty', kind, last_error, attempts, created_at from loyalty.deliveries where status = 'queued' limit $3)
                  union all
                  (select 'payments', kind, last_error, attempts, created_at from payments.deliveries where status = 'queued' limit $3)
                  union all
                  (select 'events', kind, last_error, attempts, created_at from events.deliveries where status = 'queued' limit $3)
                  union all
                  (select 'bookings', kind, last_error, attempts, created_at from bookings.deliveries where status = 'queued' limit $3)
                  union all
                  (select 'marketing', kind, last_error, attempts, created_at from marketing.deliveries where status = 'queued' limit $3)
                  union all
                  (select 'analytics', kind, last_error, attempts, created_at from analytics.deliveries where status = 'queued' limit $3)
                  union all
                  (select 'maintenance', kind, last_error, attempts, created_at from maintenance.deliveries where status = 'queued' limit $3)
                  union all
                  (select 'console', kind, last_error, attempts, created_at from console.deliveries where status = 'queued' limit $3)) queued
            where attempts > 0 and last_error is not null and created_at < now() - make_interval(secs => $2))
        select schema, kind, status, count(*) as count,
               coalesce(left(regexp_replace(reason, '<[^>]*>|[^ <>]+@[^ <>,;:]+|[0-9]{6,}', '…', 'g'), 200), 'no reason') as reason
        from troubled group by 1, 2, 3, 5
        """
}
