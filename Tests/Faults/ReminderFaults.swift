import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Killed reminders")
    struct ReminderFaults {
        @Test("events is killed in the second slice of 3,000 reminders: another process goes on there, and every booking has one mail")
        func killed() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                try await Self.holders(of: 3000, environment)
                let first = try await fixture.startReady("events")
                let tick = try await Self.killed(first, environment)
                #expect(try await environment.value("select count(*) from events.reminders", as: Int.self) == 2000)
                _ = try await fixture.startReady("events")
                let run = try await environment.ended(tick)
                #expect(run.outcome == .succeeded)
                #expect(run.processed == 3000)
                #expect(try await environment.value("select count(*) from events.reminders", as: Int.self) == 3000)
                // What the killed one was sending is anybody's again when its lease is over.
                try await environment.endLeases(in: "events")
                try await environment.eventually("select count(*) from events.deliveries where status = 'sent'", 3000)
                #expect(Set(try await fixture.stubs.mails().compactMap(\.messageId)).count == 3000)
                #expect(try await environment.database.query("select rule from operations.conservation()", as: String.self) == [])
            }
        }

        private static func holders(of bookings: Int, _ environment: TestEnvironment) async throws {
            try await environment.database.execute("insert into storefront.users (id, email, first_name) values (1, 'ada@example.org', 'Ada')")
            try await environment.database.execute(
                """
                insert into events.events (id, organizer_id, title, time_zone, starts_at, price, currency, total_tickets, tickets_sold)
                values (1, 1, 'Concert', 'UTC', now() + interval '1 day', 0, 'EUR', $1, $1)
                """, bookings)
            try await environment.database.execute(
                """
                insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, confirmed_at)
                select n, 'B-' || n, 1, 1, 1, 0, 'EUR', 'confirmed', now() from generate_series(1, $1) n
                """, bookings)
        }

        /// Starts the run and kills the process while its second slice waits for a row that somebody holds.
        private static func killed(_ process: ServiceProcess, _ environment: TestEnvironment) async throws -> String {
            try await environment.database.dryRun { holder in
                try await holder.execute(
                    "insert into events.reminders (booking_id, kind, event_id, reminded_at) values (2500, 'day-before', 1, now())")
                let tick = try await environment.tick(.eventsSendReminders)
                try await environment.eventually("select processed from operations.job_runs where tick_id = $1", 2000, [tick])
                try await environment.eventually(
                    """
                    select count(*) from pg_stat_activity
                    where datname = current_database() and usename = 'events' and wait_event_type = 'Lock'
                    """, 1)
                try await process.kill()
                return tick
            }
        }
    }
}
