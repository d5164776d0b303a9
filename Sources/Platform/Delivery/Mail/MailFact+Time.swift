import Contracts
import Cron
import FoundationEssentials

extension MailFact {
    /// The local time of a zone at an instant, to the minute.
    public static func time(_ instant: Date, in zone: CronZone) -> MailFact {
        let local = RFC3339.string(from: instant + TimeInterval(zone.offset(at: instant)))
        return .localTime(String(local.prefix("2026-11-21T20:00".count)), zone: zone.identifier)
    }
}
