import CivilCalendar
import FoundationEssentials

/// The calendar days of a zone, numbered from 1970-01-01.
extension CronZone {
    /// The day that the calendar of the zone shows at an instant.
    public func day(at instant: Date) -> Int { localSeconds(at: instant).dividedDown(by: 86_400).quotient }

    /// The first instant at which the calendar of the zone shows this day or a later one: midnight, or later where the
    /// clock skips midnight or the whole day.
    public func start(ofDay day: Int) -> Date {
        let midnight = day * 86_400
        // No zone is further from UTC than 26 hours (RFC 8536).
        var span = rules.span(at: midnight - 26 * 3_600)
        while midnight - span.offset >= span.end { span = rules.span(at: span.end) }
        return Date(timeIntervalSince1970: Double(max(midnight - span.offset, span.start)))
    }

    private func localSeconds(at instant: Date) -> Int {
        Int(instant.timeIntervalSince1970.rounded(.down).clamped(to: -1e12...1e12)) + offset(at: instant)
    }
}
