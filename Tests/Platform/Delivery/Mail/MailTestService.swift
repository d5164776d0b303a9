import Contracts
import FoundationEssentials
import Platform
import Postgres

/// A service that writes mails, in the schema and under the role of tickets-cache: `tickets.refresh-requested` has user N greeted at user-N@example.org.
///
/// What became of a mail goes into the tokens table and is announced: `loyalty.milestone-reached` with 1 ride for sent, 2 for refused.
struct MailTestService: BackgroundService {
    static let name = "tickets-cache"
    static let schema = "tickets"
    static let summary = "a service of the tests"
    static let settings = MailSettings.all

    static let templates: [(path: String, text: String)] = [
        (
            "Mail/greeting.en.mustache",
            """
            Subject: {{title}} for {{name}}
            ---
            Hello {{name}}, {{title}} costs {{price}} on {{start}}.
            {{frontend}}/events
            ---
            <p>Hello {{name}}, <b>{{title}}</b> costs {{price}}.</p>
            """
        ),
        (
            "Mail/greeting.es.mustache",
            """
            Subject: {{title}} para {{name}}
            ---
            Hola {{name}}: {{title}} cuesta {{price}}, {{start}}.
            ---
            <p>Hola {{name}}: <b>{{title}}</b> cuesta {{price}}.</p>
            """
        ),
    ]

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) {
        service.add(channel: try MailChannel(settings, service, templates: try MailTemplates(templates))) { keys, tx in
            try await note(keys.map { FailedDelivery(dedupeKey: $0, reason: "sent") }, rides: 1, tx)
        } onRefused: { deliveries, tx in
            try await note(deliveries, rides: 2, tx)
        }
        service.add(reaction: Writing())
    }

    private static func note(_ deliveries: [FailedDelivery], rides: Int, _ tx: Transaction) async throws {
        for delivery in deliveries {
            try tx.enqueue(
                "insert into bytemark_tokens (user_id, token) values (hashtext($1), $1 || ': ' || $2)", delivery.dedupeKey, delivery.reason)
            try tx.publish(LoyaltyMilestoneReached(userId: 1, rides: rides, freeTickets: 5, reachedAt: tx.now))
        }
    }

    struct Writing: Reaction {
        func react(to messages: [Incoming<TicketsRefreshRequested>], _ tx: Transaction) async throws {
            try tx.mail(messages.map { MailTestService.greeting($0.data.userId) })
        }
    }

    static func greeting(_ user: Int, language: String = "en-us") -> Mail {
        Mail(
            "greeting", about: user, to: Recipient(email: "user-\(user)@example.org", name: "Zoë", language: language),
            facts: [
                "title": .text("Rock & <b>Roll"), "price": .money(Money(123_450, "EUR")),
                "start": .localTime("2026-11-21T20:00", zone: "Europe/Madrid"),
            ])
    }
}
