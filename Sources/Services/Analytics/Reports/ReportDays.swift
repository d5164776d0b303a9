import CivilCalendar
import Cron
import FoundationEssentials
import Platform

/// The calendar days that a period touches, in the zone of its schedule. The first and the last may be parts of days.
struct ReportDays: Sendable {
    /// `2026-11-26`, in their order.
    let names: [String]
    /// When each begins within the period.
    let starts: [Date]

    init(of period: ReportPeriod, in zone: CronZone) {
        let days = zone.day(at: period.start)...zone.day(at: period.end - 0.000_001)
        names = days.map { CivilDate(daysSince1970: $0).description }
        starts = days.map { max(zone.start(ofDay: $0), period.start) }
    }
}
