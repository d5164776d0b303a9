import Postgres

extension DeliveryWorker {
    // An array is evaluated once, whatever the plan; a subquery after `in` may be evaluated for each row, which voids
    // its limit.
    static let claim: SQL = """
        update deliveries set attempts = least(attempts, 2147483646) + 1, next_attempt_at = $3
        where id = any (array(
            select id from deliveries where status = 'queued' and kind = $1 and next_attempt_at <= $2 and (is_scheduled or not $5)
            order by next_attempt_at limit $4 for update skip locked))
        returning id, dedupe_key, payload::text as payload, attempts, traceparent
        """

    // Not `status = 'queued'`: a plan made while few were queued would read all queued deliveries by the index
    // `deliveries_due` in each round.
    static let mark: SQL = """
        update deliveries d
        set status = done.status, last_error = done.error, next_attempt_at = done.next, is_scheduled = false,
            sent_at = case when done.status = 'sent' then $5 else d.sent_at end
        from unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[]) as done (id, status, error, next)
        where d.id = done.id and d.status not in ('sent', 'bounced', 'parked', 'suppressed')
        """
}
