import Contracts
import Platform
import Postgres
import Support
import Testing

@testable import Marketing

@Suite("Organizers get the figures of the month that ended")
struct OrganizerReportTests {
    @Test("Bookings, tickets and revenue by currency, refunds deducted; an organizer without sales gets no mail")
    func figures() async throws {
        try await MarketingFixture.open(at: "2026-11-01T07:00:00Z", zone: "Europe/Madrid") { fixture in
            try await fixture.environment.database.execute(
                "insert into storefront.organizers (id, name, email) values (1, 'Ópera', 'one@example.org'), (2, 'Two', 'two@example.org'), (3, 'Three', null)"
            )
            try await fixture.event(1, starts: "2026-10-20", title: "Carmen")
            try await fixture.event(2, starts: "2026-12-20", title: "Aida")
            try await fixture.event(3, starts: "2026-10-20", organizer: 2)
            try await fixture.event(4, starts: "2026-10-20", organizer: 3)
            // October in Madrid begins at 22:00 UTC of 30 September and ends at 23:00 UTC of 31 October.
            try await fixture.booking(1, user: 1, event: 1, created: "2026-09-30T22:00:00Z", quantity: 2, amount: 5000)
            try await fixture.booking(2, user: 1, event: 1, created: "2026-10-31T22:59:59Z", quantity: 3, amount: 7500)
            try await fixture.booking(3, user: 1, event: 1, created: "2026-10-31T23:00:00Z", quantity: 10, amount: 25_000)
            try await fixture.booking(4, user: 1, event: 1, created: "2026-09-30T21:59:59Z", quantity: 10, amount: 25_000)
            try await fixture.booking(5, user: 1, event: 1, created: "2026-10-10", status: "refunded", quantity: 1, amount: 2500)
            try await fixture.booking(6, user: 1, event: 2, created: "2026-10-10", quantity: 1, amount: 900, currency: "USD")
            try await fixture.booking(7, user: 1, event: 4, created: "2026-10-10")
            try await fixture.payment(of: 1, amount: 5000)
            try await fixture.payment(of: 2, amount: 7500, refunded: 3750)
            try await fixture.payment(of: 3, amount: 25_000)
            try await fixture.payment(of: 5, amount: 2500, refunded: 2500)
            try await fixture.payment(of: 6, amount: 900, currency: "USD")
            let run = try await fixture.run(.marketingSendOrganizerAnalytics)
            #expect(run.outcome == .partial && run.details.contains("organizer 3"))
            #expect(try await fixture.log(.organizerReport) == ["1 2026-10"])
            let facts = try await fixture.environment.value(
                """
                select concat_ws(' ', f ->> 'month', f ->> 'bookings', f ->> 'tickets', f #>> '{revenue,0,money,money}', f #>> '{revenue,1,money,money}',
                       f #>> '{events,0,event}', f #>> '{events,0,tickets}', f #>> '{events,0,refunds,0,money,money}', f #>> '{events,1,event}')
                from (select payload -> 'facts' as f from marketing.deliveries) d
                """, as: String.self)
            #expect(facts == "October 2026 4 7 8750 900 Carmen 6 6250 Aida")
            #expect(try await fixture.run(.marketingSendOrganizerAnalytics).processed == 0)
        }
    }
}
