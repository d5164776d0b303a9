import Platform

/// An organizer with the figures of a month: a row of ``SendOrganizerAnalytics``.
struct Organizer: Decodable, Sendable {
    let organizerId: Int
    /// Nil when there is no such organizer.
    let organizerName: String?
    let email: String?
    /// Why the organizer gets no mail.
    let leftOut: String?
    let bookings: Int
    let tickets: Int
    /// Events that are not in `events`, because the mail would be too long.
    let more: Int
    let revenue: [[String: MailFact]]
    let events: [[String: MailFact]]

    /// The organizer's name in messages to people.
    var name: String { "organizer \(organizerId)" }

    /// The mail; nil without an address.
    func mail(_ id: Int, _ month: SendOrganizerAnalytics.Month) -> Mail? {
        guard let email else { return nil }
        return Mail(
            Campaign.organizerReport.rawValue, about: id, to: Recipient(email: email, name: organizerName ?? "", language: nil),
            facts: [
                "month": .text(month.title), "bookings": .number(bookings), "tickets": .number(tickets), "more": .text(more > 0 ? "\(more)" : ""),
                "revenue": .list(revenue), "events": .list(events),
            ])
    }
}
