import Cron
import FoundationEssentials

/// The period in which an event must start for its holders to be reminded now, for each time zone.
struct ReminderDays: Sendable {
    /// The valid zones.
    private(set) var zones: [CronZone] = []
    /// The start of the period, for each of `zones`.
    private(set) var first: [Date] = []
    /// The end of the period (exclusive), for each of `zones`.
    private(set) var next: [Date] = []
    /// The names that are no time zone, with the reason.
    private(set) var unknown: [String: CronZoneError] = [:]

    /// The calendar day `daysAhead` days after today in each zone.
    /// - Parameter next: When the next reminders are sent. Days that it skips are included now.
    init(_ names: [String], daysAhead: Int, now: Date, next: Date) {
        for name in names {
            do throws(CronZoneError) {
                let zone = try CronZone(name)
                let today = zone.day(at: now)
                zones.append(zone)
                first.append(zone.start(ofDay: today + daysAhead))
                self.next.append(zone.start(ofDay: max(today + 1, zone.day(at: next)) + daysAhead))
            } catch {
                unknown[name] = error
            }
        }
    }
}
