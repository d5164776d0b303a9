import CivilCalendar
import FoundationEssentials

/// A point in time in microseconds since 1970, encoded as RFC 3339 in UTC.
struct Timestamp: Hashable, Sendable, Encodable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    let microseconds: Int64

    /// The wall clock, now.
    static var now: Timestamp {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }

    /// `2026-01-31T08:00:00.250Z`; the fraction (milliseconds) is left out when `withFraction` is false.
    func text(withFraction: Bool = true) -> String {
        let (seconds, fraction) = Int(microseconds).dividedDown(by: 1_000_000)
        let (days, time) = seconds.dividedDown(by: 86_400)
        var text = "\(CivilDate(daysSince1970: days))T\(CivilDate.clock(time))"
        if withFraction { text += ".\((fraction / 1000).padded(to: 3))" }
        return text + "Z"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text())
    }
}
