import FoundationEssentials
import Postgres

/// Checks that tickets, bookings and money are consistent: the breaches that `boxoffice audit` lists, one line per
/// rule.
struct AuditCheck: StateCheck {
    let subject = "audit"

    /// While services are running, a change by one may still be in a message to the next, so breaches are read twice.
    private static let pause = Duration.seconds(2)
    /// Rules that another check reports.
    private static let reportedElsewhere = ["what only a person can say is said"]

    func results(_ database: PostgresClient) async throws -> [CheckResult] {
        var breaches = try await look(database)
        if !breaches.isEmpty {
            try await Task.sleep(for: Self.pause)
            breaches.formIntersection(try await look(database))
        }
        guard !breaches.isEmpty else { return [.ok(subject, "tickets, bookings and money fit together")] }
        return Dictionary(grouping: breaches, by: \.rule).sorted { $0.key < $1.key }.map { rule, breaches in
            let first = breaches.min { $0.subject < $1.subject }
            return .fail(
                subject,
                "\"\(rule)\" does not hold \(breaches.count == 1 ? "once" : "\(breaches.count) times"), for \(first?.subject ?? ""): "
                    + "\(first?.detail ?? ""). boxoffice audit lists all")
        }
    }

    private func look(_ database: PostgresClient) async throws -> Set<Breach> {
        Set(try await database.query(Self.breaches, as: Breach.self, Self.reportedElsewhere))
    }

    private struct Breach: Decodable, Hashable, Sendable {
        let rule: String
        let subject: String
        let detail: String
    }

    private static let breaches: SQL = "select rule, subject, detail from operations.conservation() where rule <> all ($1::text[])"
}
