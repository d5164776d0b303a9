import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Bookings

@Suite("bookings.send-confirmations")
struct SendConfirmationsTests {
    @Test("Each confirmed booking gets one mail, however often it is looked for")
    func once() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "confirmed")
            try await fixture.booking(2, "confirmed")
            try await fixture.booking(3)
            let run = try await fixture.run(.bookingsSendConfirmations)
            #expect(run.outcome == .succeeded)
            #expect(run.processed == 2)
            let after = try await fixture.snapshot()
            #expect(try await fixture.run(.bookingsSendConfirmations).processed == 0)
            #expect(try await fixture.snapshot() == after)
            #expect(
                try await fixture.mails().compactMap(\.subject).sorted() == [
                    "Your booking B-1 is confirmed: The Magic Flute", "Your booking B-2 is confirmed: The Magic Flute",
                ])
        }
    }

    @Test("Two replicas with ticks of one moment write to nobody twice")
    func replicas() async throws {
        try await BookingsFixture.open(replicas: 2) { fixture in
            try await fixture.user(2, email: "many@example.org")
            for id in 1...40 { try await fixture.booking(id, "confirmed", user: 2) }
            var ticks: [String] = []
            for _ in 1...6 { ticks.append(try await fixture.environment.tick(.bookingsSendConfirmations, trigger: .manual)) }
            var processed = 0
            for tick in ticks { processed += try await fixture.environment.ended(tick).processed }
            #expect(processed == 40)
            let mails = try await fixture.mails()
            #expect(mails.count == 40)
            #expect(Set(mails.map(\.subject)).count == 40)
        }
    }

    @Test("Who cannot be written to is named on each run, and gets the mail once there is an address")
    func reported() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.user(2, email: " \t\u{a0}\r\n")
            try await fixture.booking(1, "confirmed", user: 2)
            try await fixture.booking(2, "confirmed")
            for (processed, outcome) in [(1, RunOutcome.partial), (0, RunOutcome.partial)] {
                let run = try await fixture.run(.bookingsSendConfirmations)
                #expect(run.processed == processed)
                #expect(run.outcome == outcome)
                #expect(run.details.contains("user 2 has no e-mail address"))
            }
            try await fixture.environment.database.execute("update storefront.users set email = E'\\u00a0bea@example.org \\r\\n' where id = 2")
            #expect(try await fixture.run(.bookingsSendConfirmations).outcome == .succeeded)
            #expect(try await fixture.mails().count == 2)
            #expect(try await fixture.count("bookings where not confirmation_email_sent") == 0)
        }
    }

    @Test("A dry run marks nothing and sends nothing; many who cannot be written to hide nobody behind them")
    func slices() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.user(2, email: nil)
            try await fixture.environment.database.execute(
                """
                insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status)
                select n, 'B-' || n, case when n <= 2500 then 2 else 1 end, 1, 1, 999, 'EUR', 'confirmed' from generate_series(1, 2502) n
                """)
            let before = try await fixture.snapshot()
            let dry = try await fixture.run(.bookingsSendConfirmations, dryRun: true)
            #expect(dry.processed == 2)
            #expect(dry.failed == 2500)
            #expect(try await fixture.snapshot() == before)
            #expect(try await fixture.run(.bookingsSendConfirmations).processed == 2)
            #expect(try await fixture.mails().count == 2)
        }
    }

    @Test("A booking that costs nothing owes nothing: it is confirmed and mailed without any payment, once, and no expiry takes it")
    func free() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, amount: 0, minutesAgo: 60)
            try await fixture.booking(2, amount: 0, minutesAgo: 0)
            try await fixture.payment(2, of: 2, "failed", amount: 0)
            try await fixture.run(.bookingsCancelExpired)
            try await fixture.sendMail(failed: 2, of: 2)
            #expect(try await fixture.look(1) == "pending")
            #expect(try await fixture.look(2) == "pending")
            #expect(try await fixture.run(.bookingsSendConfirmations).processed == 2)
            #expect(try await fixture.look(1, "status, confirmed_at is not null") == "confirmed t")
            #expect(try await fixture.look(2) == "confirmed")
            #expect(
                try await fixture.mails().compactMap(\.subject).sorted() == [
                    "Your booking B-1 is confirmed: The Magic Flute", "Your booking B-2 is confirmed: The Magic Flute",
                ])
            let after = try await fixture.snapshot()
            #expect(try await fixture.run(.bookingsSendConfirmations).processed == 0)
            #expect(try await fixture.snapshot() == after)
        }
    }

    @Test("A booking that costs nothing, of an event that was cancelled, is not confirmed any more")
    func freeCalledOff() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.sendMail(EventCancelled(eventId: 1, reason: "Rain"))
            try await fixture.environment.eventually("select count(*) from operations.job_runs where outcome = 'succeeded'", 1)
            try await fixture.booking(1, amount: 0, minutesAgo: 60)
            #expect(try await fixture.run(.bookingsSendConfirmations).processed == 0)
            try await fixture.run(.bookingsCancelExpired)
            #expect(try await fixture.look(1, "status, cancellation_reason") == "cancelled event cancelled")
        }
    }
}
