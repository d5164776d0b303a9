import Postgres

/// A service's report about a period: a row of `reports` in its schema.
public struct Report: Sendable {
    /// The kind of report, by its interval.
    public enum Kind: String, Sendable {
        case daily, weekly, monthly, realtime
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
    /// Stores a report. One that is made again with the same figures changes nothing; with other figures it keeps the
    /// earlier ones, says what changed, and when (`revised_at`).
    public func keep(_ report: Report) throws {
        try enqueue(Self.keepReport, report.kind.rawValue, report.period.start, report.period.end, report.body, now)
    }

    private static let keepReport: SQL = """
        insert into reports as r (kind, period_start, period_end, body, made_at)
        values ($1, $2::timestamptz, $3::timestamptz, $4::jsonb, $5::timestamptz)
        on conflict (kind, period_start, period_end) do update
        set body = excluded.body, revised_at = excluded.made_at,
            earlier = r.earlier || jsonb_build_array(jsonb_build_object(
                'madeAt', coalesce(r.revised_at, r.made_at), 'body', r.body, 'changes', operations.changed_figures(r.body, excluded.body)))
        where r.body <> excluded.body
        """
}
