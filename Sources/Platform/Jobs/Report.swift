import Postgres

/// A service's report about a period: a row of `reports` in its schema.
public struct Report: Sendable {
    /// The kind of report, by its interval.
    public enum Kind: String, Sendable {
        case daily, weekly
    }

    let kind: Kind
    let period: ReportPeriod
    let body: PostgresJSON

    /// A report of a period; its body is the service's own.
    public init(_ kind: Kind, of period: ReportPeriod, body: PostgresJSON) {
        self.kind = kind
        self.period = period
        self.body = body
    }
}

extension Transaction {
    /// Stores a report; a repeated one replaces the earlier one.
    public func keep(_ report: Report) throws {
        try enqueue(Self.keepReport, report.kind.rawValue, report.period.start, report.period.end, report.body, now)
    }

    private static let keepReport: SQL = """
        insert into reports (kind, period_start, period_end, body, made_at) values ($1, $2, $3, $4, $5)
        on conflict (kind, period_start, period_end) do update set body = excluded.body, made_at = excluded.made_at
        """
}
