import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Reports the payments of the day that ended. A report repeated for the same day is identical, even after payments of
/// that day were removed.
struct GenerateAnalytics: ReportJob {
    static let name = JobName.paymentsGenerateAnalytics
    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let day = try await slice.period(tx)
        var figures: [DailyTotal] = []
        for row in try await tx.query(Self.count, day.start, day.end) {
            let happened: DailyTotal.Happened = try row.get("happened")
            let (currency, gateway): (String, String) = (try row.get("currency"), try row.get("gateway"))
            do {
                let amount: Int = try row.get("amount")
                figures.append(DailyTotal(happened: happened, currency: currency, gateway: gateway, count: try row.get("count"), amount: amount))
            } catch let error as PostgresDecodingError {
                // The sum is too large for an amount: only the other figures are reported.
                tx.recordFailure(of: "payments \(happened.rawValue) in \(currency) at \(gateway)", reason: error)
            }
        }
        let report = DailyReport(figures)
        try tx.keep(Report(.daily, of: day, body: PostgresJSON(report)))
        return Progress(1)
    }

    /// What happened from $1 until $2, each by its own timestamp.
    private static let count: SQL = """
        with happened as (
            select 'created' as happened, currency, gateway, count(*) as count, sum(amount) as amount
            from payments where created_at >= $1 and created_at < $2 group by currency, gateway
            union all
            select 'succeeded', currency, gateway, count(*), sum(amount)
            from payments where paid_at >= $1 and paid_at < $2 and status = 'succeeded' group by currency, gateway
            union all
            select 'late', currency, gateway, count(*), sum(amount)
            from payments where paid_at >= $1 and paid_at < $2 and status <> 'succeeded' group by currency, gateway
            union all
            select 'failed', currency, gateway, count(*), sum(amount)
            from payments where failed_at >= $1 and failed_at < $2 and status = 'failed' group by currency, gateway
            union all
            select 'abandoned', currency, gateway, count(*), sum(amount)
            from payments where abandoned_at >= $1 and abandoned_at < $2 and status = 'abandoned' group by currency, gateway
            union all
            select 'voided', currency, gateway, count(*), sum(amount)
            from payments where voided_at >= $1 and voided_at < $2 and status = 'voided' group by currency, gateway
            union all
            select 'refunded', r.currency, p.gateway, count(*), sum(r.amount)
            from refunds r join payments p on p.id = r.payment_id
            where r.status = 'paid' and r.settled_at >= $1 and r.settled_at < $2 group by r.currency, p.gateway
            union all
            select happened, currency, gateway, sum(count), sum(amount)
            from removed_figures where quarter_hour >= $1 and quarter_hour < $2 group by happened, currency, gateway)
        select happened, currency, gateway, sum(count)::bigint as count, sum(amount) as amount
        from happened group by happened, currency, gateway order by happened, currency, gateway
        """
}
