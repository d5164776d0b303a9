import Contracts
import FoundationEssentials
import Postgres

/// Whether a schedule is decided ahead of time: a replica's clock was wrong for a while, and its job is silent until then.
struct ScheduleCheck: StateCheck {
    let subject = "schedules"

    /// Ticks are planned a second ahead of their time.
    private static let tolerance = 10.0

    func findings(_ database: PostgresClient) async throws -> [Finding] {
        let ahead = try await database.query(Self.ahead, as: Schedule.self, Self.tolerance)
        guard let first = ahead.first else { return [.ok(subject, "none is decided ahead of the database's clock")] }
        let more = ahead.count > 1 ? ", and so are \(ahead.count - 1) more" : ""
        return [
            .fail(
                subject,
                "\(first.job) is decided until \(RFC3339.string(from: first.decidedThrough))\(more): nothing is due before. A clock was ahead: "
                    + "check NTP where tick-publisher runs, then boxoffice schedules pause \(first.job) and resume it")
        ]
    }

    private struct Schedule: Decodable, Sendable {
        let job: String
        let decidedThrough: Date
    }

    private static let ahead: SQL = """
        select job, decided_through from operations.schedules
        where in_document and enabled and decided_through > now() + make_interval(secs => $1)
        order by decided_through desc, job
        """
}
