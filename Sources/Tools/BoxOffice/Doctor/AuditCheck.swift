import FoundationEssentials
import Postgres

/// Whether tickets, bookings and money fit together: what `boxoffice audit` lists, a line for each rule.
struct AuditCheck: StateCheck {
    let subject = "audit"

    /// While services are at work, what one of them has done may still be on its way to the next.
    private static let pause = Duration.seconds(2)
    /// What has lines of its own.
    private static let toldElsewhere = ["what only a person can say is said"]

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
        Set(try await database.query(Self.breaches, as: Breach.self, Self.toldElsewhere))
    }

    private struct Breach: Decodable, Hashable, Sendable {
        let rule: String
        let subject: String
        let detail: String
    }

    private static let breaches: SQL = "select rule, subject, detail from operations.conservation() where rule <> all ($1::text[])"
}
