import CivilCalendar
import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres

/// The periods that a report job has between two days, and which of them have a report.
struct BackfillPlan: Sendable {
    /// A period, by the fire time at which its report was due.
    struct Period: Sendable {
        let start: Date
        let end: Date
        /// The fire time before `due`.
        let previous: Date
        let due: Date
        let exists: Bool
    }

    /// The jobs that report periods: the schema of their reports, and their kind.
    static let reports: [JobName: (schema: String, kind: Report.Kind)] = [
        .analyticsGenerateDaily: ("analytics", .daily), .analyticsGenerateWeeklyReport: ("analytics", .weekly),
        .analyticsGenerateMonthlySummary: ("analytics", .monthly), .paymentsGenerateAnalytics: ("payments", .daily),
        .bookingsGenerateDailyReport: ("bookings", .daily), .eventsGenerateAnalytics: ("events", .weekly),
    ]

    /// In the order of their time.
    let periods: [Period]
    /// The zone of the schedule.
    let zone: CronZone

    /// Reads the schedule and the reports of a job.
    /// - Parameters:
    ///   - first: The first day, counted from 1970-01-01, in the zone of the schedule.
    ///   - end: The day after the last one. A period belongs to the days in which it ends.
    /// - Throws: ``Failure``.
    static func read(_ job: JobName, from first: Int, to end: Int, at now: Date, _ database: PostgresClient) async throws -> BackfillPlan {
        guard let (schema, kind) = reports[job] else { throw Failure("\(job) reports no periods") }
        guard let row = try await ScheduleRow.all(database).first(where: { $0.job == job.rawValue }) else {
            throw Failure("\(job) is not in operations.schedules; start tick-publisher, which brings Contracts/schedules.yaml there")
        }
        let (cron, zone) = (try CronExpression(row.effectiveCron), try CronZone(row.effectiveZone))
        let (from, to) = (zone.start(ofDay: first), zone.start(ofDay: end))
        let known = Set(try await database.query(existing, as: Known.self, schema, kind.rawValue, from, to))
        var periods: [Period] = []
        // A summary of a month is due after the month has ended: at most a month later.
        var previous = cron.previous(before: from, in: zone) ?? from
        for due in cron.fireTimes(after: previous, through: min(to + 40 * 86_400, now), in: zone) {
            let period = kind == .monthly ? month(endedBy: due, in: zone) : (start: previous, end: due)
            if period.end > from, period.end <= to {
                periods.append(
                    Period(
                        start: period.start, end: period.end, previous: previous, due: due,
                        exists: known.contains(Known(periodStart: period.start, periodEnd: period.end))))
            }
            previous = due
        }
        return BackfillPlan(periods: periods, zone: zone)
    }

    /// The calendar month before the one that an instant lies in.
    private static func month(endedBy instant: Date, in zone: CronZone) -> (start: Date, end: Date) {
        let day = zone.day(at: instant)
        let first = day - CivilDate(daysSince1970: day).day + 1
        let before = first - CivilDate(daysSince1970: first - 1).day
        return (zone.start(ofDay: before), zone.start(ofDay: first))
    }

    private struct Known: Decodable, Hashable, Sendable {
        let periodStart: Date
        let periodEnd: Date
    }

    private static let existing: SQL = """
        select period_start, period_end
        from (select 'analytics' as schema, kind, period_start, period_end from analytics.reports
              union all
              select 'payments', kind, period_start, period_end from payments.reports
              union all
              select 'bookings', kind, period_start, period_end from bookings.reports
              union all
              select 'events', kind, period_start, period_end from events.reports) r
        where schema = $1 and kind = $2 and period_end > $3::timestamptz and period_end <= $4::timestamptz
        """
}
