import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres

/// Compares the half hour that ended with the same half hour of the last four weeks, and warns above the limits and when
/// nothing is sold in an hour that always has bookings (Contracts/reports/realtime.schema.json).
///
/// A warning is an alert, mailed once when it begins and once when it is over: a figure that wavers around its limit is
/// one incident. While the service is down nothing is known, and an alert stays open.
struct MonitorRealTime: ReportJob {
    static let name = JobName.analyticsMonitorRealTime

    /// Above these a figure is a warning.
    let limits: SalesLimits
    let recipients: [Recipient]

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let period = try await slice.period(tx)
        let zone = try await slice.zone(tx)
        try await FactReconciliation.run(period, tx)
        try tx.enqueue(Self.recordActivity, period.start, period.end)
        let figures = try await tx.row(Self.count, as: SalesFigures.self, period.start, period.end, zone.identifier)
        let warnings = limits.warnings(figures)
        try tx.keep(Report(.realtime, of: period, body: figures.body(warnings.map(\.text))))
        try await follow(figures, warnings, tx)
        try tx.enqueue(Self.forgetActivity, period.end - Self.activityIsKept)
        return Progress(1)
    }

    /// How long the activity of users is kept: longer than the month whose report needs it.
    private static let activityIsKept: TimeInterval = 100 * 86_400

    /// Opens and ends alerts.
    private func follow(_ figures: SalesFigures, _ warnings: [SalesLimits.Warning], _ tx: Transaction) async throws {
        for subject in SalesLimits.Subject.allCases {
            if let warning = warnings.first(where: { $0.subject == subject }) {
                try await tx.open(
                    Alert(
                        subject.kind, about: subject.rawValue, summary: warning.text, advice: subject.advice,
                        figures: ["bookings": "\(figures.bookings)", "payments": "\(figures.payments)"]), mailTo: recipients)
            } else if limits.isOver(subject, figures) {
                try await tx.endAlert(
                    subject.kind, about: subject.rawValue,
                    how: "In the last half hour there were \(figures.bookings) bookings and \(figures.payments) payments.", mailTo: recipients)
            }
        }
    }

    // The times of the last activity, before the next one replaces them. The quarter of an hour before the period is
    // looked at again, for users that were written after the last look.
    private static let recordActivity: SQL = """
        insert into activity (quarter_hour, user_id)
        select date_bin('15 minutes', last_activity_at, timestamptz '1970-01-01 00:00Z'), user_id from storefront.user_activity
        where last_activity_at >= $1::timestamptz - interval '15 minutes' and last_activity_at < $2::timestamptz + interval '15 minutes'
        order by 1, 2
        on conflict do nothing
        """

    // The oldest hour past its time: more than a half hour brings.
    private static let forgetActivity: SQL = """
        delete from activity
        where quarter_hour < $1::timestamptz and quarter_hour <= (select min(quarter_hour) from activity) + interval '45 minutes'
        """

    // The half hours that begin at the same time by the clock of the schedule's zone, also where clocks have changed in
    // between. Each is as long as the period: were its end read from the clock too, one before a change would be longer.
    private static let count: SQL = """
        with weeks as materialized (
            select n, start, start + ($2::timestamptz - $1::timestamptz) as stop
            from generate_series(0, 4) n cross join lateral (
                     select case when n = 0 then $1::timestamptz
                                 else (($1::timestamptz at time zone $3::text) - n * interval '7 days') at time zone $3::text end as start) w),
        half_hours as materialized (
            select w.n, b.bookings, p.succeeded, p.failed, h.bookings as hour
            from weeks w
                 cross join lateral (
                     select count(*) as bookings from bookings where created_at >= w.start and created_at < w.stop offset 0) b
                 cross join lateral (
                     select count(*) as bookings from bookings
                     where created_at >= w.stop - interval '1 hour' and created_at < w.stop offset 0) h
                 cross join lateral (
                     select count(*) filter (where what = 'payment-succeeded') as succeeded, count(*) filter (where what = 'payment-failed') as failed
                     from facts where happened_at >= w.start and happened_at < w.stop offset 0) p),
        active as (
            select count(*) as users
            from (select user_id from storefront.user_activity where last_activity_at >= $1::timestamptz and last_activity_at < $2::timestamptz
                  union
                  select user_id from bookings where created_at >= $1::timestamptz and created_at < $2::timestamptz) a)
        select t.bookings, t.succeeded, t.failed, a.users as active_users, t.hour = 0 and u.least > 0 as is_silent,
               round(u.bookings, 2)::float8 as usual_bookings, round(u.payments, 2)::float8 as usual_payments
        from half_hours t cross join active a
             cross join (select avg(bookings) as bookings, avg(succeeded + failed) as payments, min(hour) as least
                         from half_hours where n > 0) u
        where t.n = 0
        """
}
