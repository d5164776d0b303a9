import FoundationEssentials
import Postgres

/// Reports the open alerts of all services.
struct AlertCheck: StateCheck {
    let subject = "alerts"

    func results(_ database: PostgresClient) async throws -> [CheckResult] {
        let alerts = try await database.query(Self.open, as: Alert.self, Self.mostRows)
        guard !alerts.isEmpty else { return [.ok(subject, "none is open")] }
        return CheckResult.failing(subject, alerts) { alert in
            let silence = alert.noDataSince.map { ", but no data since \($0)" } ?? ""
            return "\(alert.service): \(alert.kind) of \(alert.subject) since \(alert.since)\(silence): \(alert.summary). \(alert.advice)"
        }
    }

    private struct Alert: Decodable, Sendable {
        let service: String
        let kind: String
        let subject: String
        let since: String
        let noDataSince: String?
        let summary: String
        let advice: String
    }

    // The open ones, by their partial index.
    private static let open: SQL = """
        select service, kind, subject, to_char(since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"') as since,
               to_char(no_data_since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"') as no_data_since,
               coalesce(details ->> 'summary', '') as summary, coalesce(details ->> 'advice', '') as advice
        from operations.alerts where until is null order by kind, subject limit $1
        """
}
