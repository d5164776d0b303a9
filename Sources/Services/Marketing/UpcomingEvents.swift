import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres

/// The next events that the shop sells tickets of, as facts of a mail.
struct UpcomingEvents: Sendable {
    /// How many.
    static let count = 5

    /// A fact list: event, time, place, price, id.
    let facts: [[String: MailFact]]

    /// Reads them. An event in an unknown time zone is a failure of the run, and the next one takes its place.
    static func read(at instant: Date, _ tx: Transaction) async throws -> UpcomingEvents {
        var facts: [[String: MailFact]] = []
        for event in try await tx.query(select, as: PromotedEvent.self, instant) where facts.count < count {
            do {
                facts.append(try event.facts())
            } catch {
                tx.recordFailure(of: "event \(event.eventId)", reason: error)
            }
        }
        return UpcomingEvents(facts: facts)
    }

    // More than five, in case that some are in unknown zones.
    private static let select: SQL = """
        select event_id, title, location, starts_at, time_zone, price, currency
        from events.event_facts where status = 'upcoming' and starts_at > $1 and tickets_sold < total_tickets
        order by starts_at, event_id limit 50
        """
}

/// An event as mails show it.
struct PromotedEvent: Decodable, Sendable {
    let eventId: Int
    let title: String
    let location: String
    let startsAt: Date
    let timeZone: String
    let price: Int
    let currency: String

    /// Its facts: `event`, `time`, `place`, `price`, `id`.
    /// - Throws: `CronZoneError` for an unknown time zone.
    func facts() throws(CronZoneError) -> [String: MailFact] {
        [
            "event": .text(title), "time": .time(startsAt, in: try CronZone(timeZone)), "place": .text(location),
            "price": .money(Money(price, currency)), "id": .text("\(eventId)"),
        ]
    }
}
