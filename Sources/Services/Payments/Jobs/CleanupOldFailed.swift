import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Removes old failed and abandoned payments with their history. Their figures are kept, and so is every payment whose
/// money is still owed to a customer.
struct CleanupOldFailed: Job {
    static let name = JobName.paymentsCleanupOldFailed
    static let sliceLimit = 2000
    /// How long failed and abandoned payments are kept.
    static let age: TimeInterval = 30 * 24 * 3600

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let removed = try await tx.query(Self.remove, as: Int.self, slice.now - Self.age, slice.limit, slice.after.instant, slice.after.id).first ?? 0
        return Progress(removed, more: removed == slice.limit, after: slice.after)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        try await tx.firstRow(Self.first, called: "payment", slice.now - Self.age, slice.after.instant, slice.after.id)
    }

    private static let first: SQL = """
        select coalesce(failed_at, abandoned_at) as instant, id from payments p
        where status in ('failed', 'abandoned') and (paid_at is null or refunded_amount = amount) and coalesce(failed_at, abandoned_at) < $1
          and (coalesce(failed_at, abandoned_at), id) > ($2, $3)
          and review_since is null
          and (select count(*) from refunds r where r.payment_id = p.id and r.status <> 'paid') = 0
        order by coalesce(failed_at, abandoned_at), id limit 1 for update skip locked
        """

    // The figures are those that the daily report counts, per quarter of an hour.
    private static let remove: SQL = """
        with old as (
            select id, amount, currency, gateway, created_at, paid_at, failed_at, abandoned_at from payments p
            where status in ('failed', 'abandoned') and (paid_at is null or refunded_amount = amount) and coalesce(failed_at, abandoned_at) < $1
              and (coalesce(failed_at, abandoned_at), id) > ($3, $4)
              and review_since is null
              and (select count(*) from refunds r where r.payment_id = p.id and r.status <> 'paid') = 0
            order by coalesce(failed_at, abandoned_at), id limit $2 for update skip locked),
        refunded as (
            delete from refunds r using old where r.payment_id = old.id
            returning r.settled_at, r.amount, old.currency, old.gateway),
        forgotten as (delete from status_history where of = any (array(select id from old))),
        removed as (delete from payments where id = any (array(select id from old)) returning id),
        figures as (
            select at, happened, currency, gateway, amount
            from old cross join lateral (values (created_at, 'created'), (failed_at, 'failed'), (abandoned_at, 'abandoned'), (paid_at, 'late'))
                as moments (at, happened)
            where at is not null
            union all
            select settled_at, 'refunded', currency, gateway, amount from refunded),
        kept as (
            insert into removed_figures as f (quarter_hour, happened, currency, gateway, count, amount)
            select date_bin('15 minutes', at, 'epoch') as quarter_hour, happened, currency, gateway, count(*), sum(amount)
            from figures group by 1, 2, 3, 4 order by 1, 2, 3, 4
            on conflict (quarter_hour, happened, currency, gateway) do update
                set count = f.count + excluded.count, amount = f.amount + excluded.amount)
        select count(*) from removed
        """
}
