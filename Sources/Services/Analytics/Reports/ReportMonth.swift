import CivilCalendar
import Cron
import FoundationEssentials
import Platform

/// A calendar month in the zone of its schedule.
struct ReportMonth: Sendable {
    /// Months since January of the year 0.
    private let number: Int
    let period: ReportPeriod

    /// The month before the one that an instant lies in: the one that had ended.
    init(endedBy instant: Date, in zone: CronZone) {
        let date = CivilDate(daysSince1970: zone.day(at: instant))
        self.init(date.year * 12 + date.month - 2, in: zone)
    }

    /// The month before this one.
    func before(in zone: CronZone) -> ReportMonth { ReportMonth(number - 1, in: zone) }

    private init(_ number: Int, in zone: CronZone) {
        self.number = number
        func start(_ number: Int) -> Date {
            let (year, month) = number.dividedDown(by: 12)
            return zone.start(ofDay: CivilDate(year: year, month: month + 1, day: 1).daysSince1970)
        }
        period = ReportPeriod(start: start(number), end: start(number + 1))
    }
}
