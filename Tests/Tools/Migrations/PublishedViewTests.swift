import Migrations
import Postgres
import Support
import Testing

@Suite("A service reads other domains through what they publish for it, and nothing else")
struct PublishedViewTests {
    /// A relation that is nobody's but its owner's, or a view, with the services that may read it.
    private static let relations: [(schema: String, read: SQL, readers: Set<String>)] = [
        ("storefront", "select from storefront.users", []),
        ("storefront", "select from storefront.organizers", []),
        ("storefront", "select from storefront.user_languages", ["loyalty-notifier"]),
        ("storefront", "select from storefront.user_contacts", ["bookings", "events"]),
        ("payments", "select from payments.payments", []),
        ("payments", "select from payments.refunds", []),
        ("payments", "select from payments.status_history", []),
        ("payments", "select from payments.outbox", []),
        ("storefront", "select from storefront.campaign_contacts", ["marketing"]),
        ("storefront", "select from storefront.organizer_contacts", ["marketing"]),
        ("payments", "select from payments.payment_facts", ["bookings", "marketing", "analytics"]),
        ("bookings", "select from bookings.bookings", []),
        ("bookings", "select from bookings.event_cancellations", []),
        ("bookings", "select from bookings.deliveries", []),
        ("bookings", "select from bookings.reports", []),
        ("bookings", "select from bookings.removed_figures", []),
        ("bookings", "select from bookings.booking_facts", ["events", "payments", "marketing", "analytics"]),
        ("bookings", "select from bookings.removed_booking_figures", ["events"]),
        ("bookings", "select from bookings.removed_bookings", []),
        ("bookings", "select from bookings.removed_booking_facts", ["analytics"]),
        ("payments", "select from payments.refund_facts", ["analytics"]),
        ("storefront", "select from storefront.user_activity", ["analytics"]),
        ("storefront", "select from storefront.documents", []),
        ("storefront", "select from storefront.document_paths", ["maintenance"]),
        ("analytics", "select from analytics.facts", []),
        ("analytics", "select from analytics.reports", []),
        ("events", "select from events.events", []),
        ("events", "select from events.releases", []),
        ("events", "select from events.reminders", []),
        ("events", "select from events.inbox", []),
        ("events", "select from events.event_facts", ["bookings", "marketing", "analytics"]),
        ("events", "select from events.mail_backlog", ["marketing"]),
        ("bookings", "select from bookings.mail_backlog", ["marketing"]),
        ("marketing", "select from marketing.campaign_log", []),
        ("marketing", "select from marketing.suppressions", []),
    ]

    @Test("A read past them is refused", arguments: Domain.all)
    func reads(_ domain: Domain) async throws {
        try await TestEnvironment.open { environment in
            try await environment.asRole(domain.service) { database async throws in
                for (schema, read, readers) in Self.relations where schema != domain.schema {
                    guard !readers.contains(domain.service) else {
                        _ = try await database.query(read)
                        continue
                    }
                    let error = await #expect(throws: PostgresError.self, "\(read.text)") { _ = try await database.query(read) }
                    #expect(error?.sqlState == .insufficientPrivilege, "\(read.text): \(String(describing: error))")
                }
            }
        }
    }
}
