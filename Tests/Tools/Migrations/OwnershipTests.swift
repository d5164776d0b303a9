import Migrations
import Postgres
import Support
import Testing

@Suite("PostgreSQL refuses what is not a role's own")
struct OwnershipTests {
    /// What a service must not do, wherever it is written from.
    private static let writes: [(schema: String, statement: SQL)] = [
        ("storefront", "update storefront.users set first_name = 'x'"),
        ("storefront", "insert into storefront.users (email) values ('x')"),
        ("storefront", "delete from storefront.documents"),
        ("storefront", "create table storefront.mine ()"),
        ("tickets", "insert into tickets.bytemark_tokens values (1, 'x')"),
        ("tickets", "update tickets.cache set passes = '[]'"),
        ("tickets", "insert into tickets.inbox (source, message_id) values ('/', 'x')"),
        ("tickets", "delete from tickets.outbox"),
        ("tickets", "truncate tickets.refresh_log"),
        ("tickets", "create table tickets.mine ()"),
        ("loyalty", "insert into loyalty.rides values ('x', 1, now())"),
        ("loyalty", "update loyalty.members set rides = 50"),
        ("loyalty", "delete from loyalty.milestones"),
        ("loyalty", "update loyalty.deliveries set status = 'sent'"),
        ("loyalty", "drop table loyalty.rides"),
        ("payments", "insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference) values (1, 1, 1, 'EUR', 'x', 'x')"),
        ("payments", "update payments.payments set status = 'succeeded'"),
        ("payments", "update payments.payment_facts set refunded_amount = 0"),
        ("payments", "delete from payments.refunds"),
        ("payments", "delete from payments.status_history"),
        ("payments", "update payments.deliveries set status = 'sent'"),
        ("bookings", "insert into bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency) values ('x', 1, 1, 1, 1, 'x')"),
        ("bookings", "update bookings.bookings set status = 'confirmed'"),
        ("bookings", "update bookings.bookings set reminder_sent = true"),
        ("bookings", "update bookings.booking_facts set quantity = 1"),
        ("bookings", "insert into bookings.event_cancellations values (1, 'x', now())"),
        ("bookings", "delete from bookings.status_history"),
        ("events", "update events.events set tickets_sold = 0"),
        ("events", "update events.events set status = 'cancelled'"),
        ("events", "update events.event_facts set tickets_sold = 0"),
        ("events", "insert into events.releases values (1, 1, 1, now())"),
        ("events", "delete from events.reminders"),
        ("events", "truncate events.status_history"),
        ("operations", "delete from operations.job_runs"),
        ("operations", "update operations.schedules set enabled = false"),
        ("operations", "insert into operations.ticks (id, job, scheduled_for, claimed_by, lease_until) values ('x', 'x', now(), 'x', now())"),
        ("operations", "update operations.migrations set checksum = 'x'"),
        ("public", "create table public.mine ()"),
    ]

    @Test("A service cannot write the schema of another domain", arguments: Domain.all.filter { TestEnvironment.passwords[$0.service] != nil })
    func writesRefused(_ domain: Domain) async throws {
        try await TestEnvironment.open { environment in
            try await environment.asRole(domain.service) { database async throws in
                for (schema, statement) in Self.writes where schema != domain.schema {
                    let error = await #expect(throws: PostgresError.self, "\(statement.text)") { try await database.execute(statement) }
                    #expect(error?.sqlState == .insufficientPrivilege, "\(statement.text): \(String(describing: error))")
                }
            }
        }
    }

    @Test("A service writes its own schema", arguments: Domain.all.filter { $0.schema != "operations" })
    func ownSchema(_ domain: Domain) async throws {
        try await TestEnvironment.open { environment in
            try await environment.asRole(domain.service) { database async throws in
                #expect(try await database.execute(SQL(file: "insert into \(domain.schema).inbox (source, message_id) values ('/', 'x')")) == 1)
                #expect(try await database.execute(SQL(file: "delete from \(domain.schema).inbox")) == 1)
            }
        }
    }

    @Test("loyalty-notifier sees and marks the rewards of tickets.refresh_log, and no other row of it")
    func publishedRows() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 1), (1, 2), (1, 3)")
            try await environment.asRole("loyalty-notifier") { database async throws in
                #expect(try await database.query("select activity_type from tickets.refresh_log", as: Int.self) == [2])
                #expect(try await database.execute("update tickets.refresh_log set status = 1") == 1)
                await #expect(throws: PostgresError.self) {
                    try await database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 1)")
                }
            }
            #expect(try await environment.value("select count(*) from tickets.refresh_log where status = 1", as: Int.self) == 1)
        }
    }

    @Test("A service cannot write the runs of another one")
    func runs() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(
                """
                insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, outcome, service)
                values ('tickets-cache.refresh', 'x', 'manual', now(), now(), 'running', 'tickets-cache')
                """)
            try await environment.asRole("loyalty-notifier") { database async throws in
                #expect(try await database.execute("update operations.job_runs set outcome = 'failed'") == 0)
                let error = await #expect(throws: PostgresError.self) {
                    try await database.execute(
                        """
                        insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, outcome, service)
                        values ('tickets-cache.refresh', 'y', 'manual', now(), now(), 'failed', 'tickets-cache')
                        """)
                }
                #expect(error?.sqlState == .insufficientPrivilege)
            }
        }
    }
}
