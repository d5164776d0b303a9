import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Bookings

@Suite("What customers read")
struct MailTests {
    /// Something that happens to booking 1, what the mail about it is called, and what it must say, in English and Spanish.
    struct Occasion: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let subjects: [String: String]
        let says: [String: [String]]
        let happen: @Sendable (BookingsFixture) async throws -> Void
    }

    static let occasions = [
        Occasion(
            testDescription: "confirmed",
            subjects: [
                "en-us": "Your booking B-1 is confirmed: Carmen & Friends <live>", "es-mx": "Tu reserva B-1 está confirmada: Carmen & Friends <live>",
            ],
            says: ["en-us": ["EUR 1,234.50"], "es-mx": ["1.234,50 EUR"]]
        ) { fixture in
            try await fixture.booking(1, "confirmed", user: 2, event: 2, amount: 123_450)
            try await fixture.run(.bookingsSendConfirmations)
        },
        Occasion(
            testDescription: "expired",
            subjects: ["en-us": "Your booking B-1 has expired", "es-mx": "Tu reserva B-1 ha caducado"],
            says: ["en-us": ["no payment reached us in time"], "es-mx": ["el pago no nos llegó a tiempo"]]
        ) { fixture in
            try await fixture.booking(1, user: 2, event: 2)
            try await fixture.run(.bookingsCancelExpired)
        },
        Occasion(
            testDescription: "payment failed",
            subjects: [
                "en-us": "Your payment for booking B-1 did not go through", "es-mx": "No se pudo completar el pago de tu reserva B-1",
            ],
            says: ["en-us": ["your payment did not go through"], "es-mx": ["no se pudo completar tu pago"]]
        ) { fixture in
            try await fixture.booking(1, user: 2, event: 2)
            try await fixture.sendMail(failed: 1, of: 1)
        },
        Occasion(
            testDescription: "cancelled",
            subjects: ["en-us": "Carmen & Friends <live> has been cancelled", "es-mx": "Se ha cancelado Carmen & Friends <live>"],
            says: ["en-us": ["The stage is under water.", "EUR 1,234.50"], "es-mx": ["The stage is under water.", "1.234,50 EUR"]]
        ) { fixture in
            try await fixture.booking(1, "confirmed", user: 2, event: 2, amount: 123_450)
            try await fixture.payment(1, of: 1, "succeeded", amount: 123_450)
            try await fixture.sendMail(EventCancelled(eventId: 2, reason: "The stage is under water."))
        },
        Occasion(
            testDescription: "refunded",
            subjects: [
                "en-us": "We have sent back EUR 617.25 for your booking B-1", "es-mx": "Te hemos devuelto 617,25 EUR de tu reserva B-1",
            ],
            says: ["en-us": ["EUR 617.25"], "es-mx": ["617,25 EUR"]]
        ) { fixture in
            try await fixture.booking(1, "cancelled", user: 2, event: 2)
            try await fixture.sendMail(refunded: 1, of: 1, amount: 61_725)
        },
        Occasion(
            testDescription: "refund denied",
            subjects: ["en-us": "Your refund request for booking B-1", "es-mx": "Tu solicitud de devolución de la reserva B-1"],
            says: ["en-us": ["when the event had begun"], "es-mx": ["cuando el evento ya había empezado"]]
        ) { fixture in
            try await fixture.booking(1, "confirmed", user: 2, event: 2)
            try await fixture.payment(1, of: 1, "succeeded")
            fixture.environment.clock.set(BookingsFixture.noon + 8 * 86_400)
            try await fixture.sendMail(BookingRefundRequested(bookingId: 1, requestedAt: BookingsFixture.noon + 8 * 86_400))
            try await fixture.run(.bookingsProcessRefunds)
        },
    ]

    @Test(
        "Every mail has the booking, the event, its local time and place, and the link, in both languages, as text and as HTML", arguments: occasions)
    func reads(_ occasion: Occasion) async throws {
        for (language, time) in [
            ("en-us", "Saturday, 28 November 2026, 21:30 (Europe/Madrid)"), ("es-mx", "sábado, 28 de noviembre de 2026, 21:30 (Europe/Madrid)"),
        ] {
            try await BookingsFixture.open { fixture in
                try await fixture.user(2, name: "Núria", email: "nuria@example.org", language: language)
                try await fixture.event(
                    2, title: "Carmen & Friends <live>", place: "Plaça 1", startsAt: BookingsFixture.noon + 7 * 86_400 + 8.5 * 3600)
                try await occasion.happen(fixture)
                try await fixture.environment.eventually("select count(*) from bookings.deliveries", 1)
                let mail = try #require(try await fixture.mails().first)
                #expect(mail.recipients == ["nuria@example.org"])
                #expect(mail.subject == occasion.subjects[language])
                let text = try #require(mail.text)
                let html = try #require(mail.html)
                for fact in ["Núria", "B-1", time, "Plaça 1", "https://shop.example/bookings/B-1"] + (occasion.says[language] ?? []) {
                    #expect(text.contains(fact), "\(fact) is not in \(text)")
                    #expect(html.contains(fact), "\(fact) is not in \(html)")
                }
                #expect(text.contains("Carmen & Friends <live>"))
                #expect(html.contains("Carmen &amp; Friends &lt;live&gt;"))
                #expect(text.contains(language == "en-us" ? "Tickets: 2" : "Entradas: 2"))
                #expect(html.contains(language == "en-us" ? ">Tickets</td>" : ">Entradas</td>") && html.contains(">2</td>"))
                #expect(!text.contains("{{") && !html.contains("{{"))
                #expect(!text.contains("\n\n\n"))
            }
        }
    }
}
