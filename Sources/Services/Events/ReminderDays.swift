import Cron
import FoundationEssentials

/// Between which instants an event must start, at each zone, for its holders to be reminded now.
struct ReminderDays: Sendable {
    /// The zones that there are.
    private(set) var zones: [CronZone] = []
    /// The first instant that is meant, for each of `zones`.
    private(set) var first: [Date] = []
    /// The first instant behind it, for each of `zones`.
    private(set) var next: [Date] = []
    /// What is written for a zone and is none, and why.
    private(set) var unknown: [String: CronZoneError] = [:]

    /// Days of the calendar, so many after today at each zone.
    /// - Parameter next: When the next reminders are sent. Days that their calendar day passes over are meant now.
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
