extension PlanDatabase {
    /// What demo data do not make: runs, ticks, rides, caches and histories of `{n}` rows, the newest from a moment ago.
    static let history = """
        insert into operations.ticks (id, job, scheduled_for, status, claimed_by, lease_until, published_at, published_by)
        select 'job' || n % 40 || '@' || n, 'job' || n % 40, now() - n * interval '20 s', 'published', 'a', now() - n * interval '20 s',
               now() - n * interval '20 s', 'a'
        from generate_series(1, {n}) n;
        insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, finished_at, outcome, service)
        select 'job' || n % 40, n, 'schedule', now() - n * interval '20 s', now() - n * interval '20 s', now() - n * interval '20 s',
               'succeeded', 'payments'
        from generate_series(1, {n}) n;
        insert into console.accounts (name, role, password_hash) select 'u' || n, 'viewer', '' from generate_series(1, {n}) n;
        insert into console.sessions (id, account, started_at, seen_at, address)
        select sha256(n::text::bytea), 'u' || n, now() - n * interval '1 s', now() - n * interval '1 s', '' from generate_series(1, {n}) n;
        insert into console.sign_in_failures select n, 1, now() - n * interval '1 s' from generate_series(1, {n}) n;
        insert into console.audit (at, actor, role, address, action, subject)
        select now() - n * interval '20 s', 'u1', 'admin', '', 'job.run', n from generate_series(1, {n}) n;
        insert into operations.alerts (kind, subject, service, since, until)
        select 'disk-space', n, 'maintenance', now() - n * interval '20 s', now() - n * interval '10 s' from generate_series(1, {n}) n;
        insert into operations.heartbeats (service, instance, version, started_at, seen_at, interval_seconds)
        select 'payments', n, '1', now(), now(), 30 from generate_series(1, {n}) n;
        insert into loyalty.rides select n, n % ({n} / 30 + 1), now() - n * interval '20 s' from generate_series(1, {n}) n;
        insert into loyalty.members select n, n % 200 from generate_series(1, {n}) n;
        insert into loyalty.milestones select n, 50, 5, now() - n * interval '20 s', now() from generate_series(1, {n}) n;
        insert into tickets.refresh_log (user_id, activity_type, status, scheduled_on, created_on)
        select n % ({n} / 2), 1 + n % 3, 1, now() - n * interval '20 s', now() - n * interval '20 s' from generate_series(1, {n} * 3) n;
        insert into loyalty.notifications
        select id, user_id, 'loyalty-reward/' || user_id || '/' || id, created_on from tickets.refresh_log where activity_type = 2;
        insert into tickets.bytemark_tokens (user_id, token) select n, 'token-' || n from generate_series(1, {n}) n on conflict do nothing;
        insert into tickets.cache
        select user_id, now() - user_id % 3600 * interval '1 s', '[{"pass_uuid":"a"}]', '[]', md5(user_id::text) from tickets.bytemark_tokens;
        insert into tickets.cache_log (user_id, pass_uuid, change, payload)
        select n % ({n} / 2), n, 'added', '{}' from generate_series(1, {n}) n;
        insert into tickets.refresh_state (user_id, next_attempt_at)
        select user_id, now() - user_id % 3600 * interval '1 s' from tickets.bytemark_tokens;
        insert into bookings.status_history (of, was, became, at)
        select n, 'pending', 'confirmed', now() - n * interval '20 s' from generate_series(1, {n}) n;
        insert into payments.status_history (of, was, became, at)
        select n, 'pending', 'succeeded', now() - n * interval '20 s' from generate_series(1, {n}) n;
        insert into events.status_history (of, was, became, at)
        select n, 'upcoming', 'live', now() - n * interval '20 s' from generate_series(1, {n}) n;
        insert into bookings.removed_figures
        select now() - n * interval '15 min', 'created', 'EUR', n, '', 1, 1, 1 from generate_series(1, {n}) n;
        insert into payments.removed_figures
        select now() - n * interval '15 min', 'created', 'EUR', 'card', 1, 1 from generate_series(1, {n}) n;
        insert into events.releases select -n, 1, 1, now() - n * interval '20 s' from generate_series(1, {n}) n;
        insert into events.reminders select -n, 'day-before', 1, now() - n * interval '20 s' from generate_series(1, {n}) n;
        insert into payments.refunds (payment_id, booking_id, amount, currency, cause, status, requested_at, settled_at)
        select -n, -n, 1, 'EUR', 'approved', 'paid', now() - n * interval '20 s', now() - n * interval '20 s' from generate_series(1, {n}) n;
        insert into events.events (organizer_id, title, time_zone, starts_at, price, currency, total_tickets, status, completed_at)
        select n % 100, 'Event', 'UTC', now() - n * interval '1 h', 1, 'EUR', 100, 'archived', now() - n * interval '1 h'
        from generate_series(1, {n}) n;
        insert into storefront.users (email) select n || '@example.org' from generate_series(1, {n}) n;
        insert into marketing.campaign_log (campaign, user_id, subject_id, period, queued_at, run)
        select (array['newsletter', 'promotion', 'follow-up', 're-engagement'])[1 + n % 4], n / 4, n % 1000, n, now() - n * interval '20 s', n
        from generate_series(1, {n}) n;
        insert into marketing.campaign_runs (run, campaign, mails) select n, 'newsletter', 100 from generate_series(1, {n}) n;
        insert into marketing.suppressions select n, 'promotions', 'unsubscribed', now() from generate_series(1, {n}) n;
        insert into marketing.recipients select n, array[now() - n * interval '20 s'] from generate_series(1, {n}) n;
        insert into analytics.facts
        select n, 'payment-succeeded', '', now() - n * interval '20 s', 100, 'EUR' from generate_series(1, {n}) n;
        insert into analytics.activity select date_bin('15 minutes', now() - n * interval '20 s', 'epoch'), n from generate_series(1, {n}) n;
        insert into analytics.snapshots
        select now() - n * interval '1 day', now() - (n - 1) * interval '1 day', 1, 1, 1, now() from generate_series(1, {n}) n;
        insert into bookings.removed_bookings
        select -n, n, 1, 1, 1, 'EUR', now() - n * interval '20 s', null, now() - n * interval '20 s' from generate_series(1, {n}) n;
        insert into storefront.documents (path) select n from generate_series(1, {n}) n;
        """

    /// The messages and deliveries of a service: `{schema}`.
    static let messaging = """
        insert into {schema}.inbox (source, message_id, received_at)
        select 'shop', md5(n::text), now() - n * interval '20 s' from generate_series(1, {n}) n;
        insert into {schema}.deliveries (kind, dedupe_key, payload, status, sent_at, next_attempt_at)
        select (array['mail', 'push', 'refund'])[1 + n % 3], 'a/' || n, '{}', 'sent', now(), now() - n * interval '20 s'
        from generate_series(1, {n}) n;
        insert into {schema}.outbox (exchange, routing_key, message_id, body)
        select 'boxoffice.events', 'a', n, '{}' from generate_series(1, {n}) n;
        insert into {schema}.rate_limits (key, next_free) select 'mail@' || n, now() - n * interval '20 s' from generate_series(1, {n}) n;
        insert into {schema}.reports select 'daily', now() - n * interval '1 day', now(), '{}' from generate_series(1, 1000) n;
        """
}
