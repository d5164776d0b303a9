import Contracts
import Foundation
import Platform
import Postgres
import Support
import Testing

@testable import Maintenance

@Suite("Bookkeeping is removed when it is old and nothing needs it")
struct RetentionTests {
    private static let settings = [
        "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1", "SMTP_FROM": "ops@boxoffice.example", "FRONTEND_URL": "http://127.0.0.1:1",
    ]

    private func with(_ body: @Sendable (TestEnvironment) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(Maintenance.self, settings: Self.settings) { _ in try await body(environment) }
        }
    }

    private func clean(_ environment: TestEnvironment, dryRun: Bool = false) async throws -> EndedRun {
        try await environment.ended(try await environment.tick(.maintenanceCleanCache, trigger: .manual, dryRun: dryRun))
    }

    private static let inbox: SQL = """
        insert into bookings.inbox (source, message_id, received_at)
        select 'shop', n::text, now() - case when n <= 20000 then interval '100 days' else interval '80 days' end from generate_series(1, 20100) n
        """

    @Test("Ids of messages are removed once they are old, in slices; a dry run and a second run remove none")
    func inbox() async throws {
        try await with { environment in
            try await environment.database.execute(Self.inbox)
            #expect(try await clean(environment, dryRun: true).processed == 20_000)
            #expect(try await environment.value("select count(*) from bookings.inbox", as: Int.self) == 20_100)
            let run = try await clean(environment)
            #expect(run.outcome == .succeeded)
            #expect(run.processed == 20_000)
            #expect(run.details.contains("bookings.inbox: removed or emptied"))
            #expect(
                try await environment.value("select count(*) from bookings.inbox where received_at > now() - interval '90 days'", as: Int.self) == 100
            )
            #expect(try await clean(environment).processed == 0)
        }
    }

    @Test("An id that could come again stays: whatever was received since the oldest message of any outbox")
    func republished() async throws {
        try await with { environment in
            try await environment.database.execute(
                """
                insert into payments.outbox (exchange, routing_key, message_id, body, created_at)
                values ('boxoffice.events', 'payment.succeeded', 'x', '{}', now() - interval '110 days')
                """)
            try await environment.database.execute(Self.inbox)
            let run = try await clean(environment)
            #expect(run.processed == 0)
            #expect(run.details.contains("a message of payments has been in its outbox since"))
            #expect(try await environment.value("select count(*) from bookings.inbox", as: Int.self) == 20_100)
        }
    }

    @Test("The content of what was sent is emptied and its key stays; what owes a message or money stays whole")
    func deliveries() async throws {
        try await with { environment in
            try await environment.database.execute(
                """
                insert into bookings.deliveries (kind, dedupe_key, payload, status, created_at)
                select kind, status || '/' || kind || '/' || age, '{"to": "ann@example.org"}', status, now() - make_interval(days => age)
                from unnest(array['mail', 'refund']) kind, unnest(array['queued', 'parked', 'sent', 'bounced', 'suppressed']) status,
                     unnest(array[29, 31]) age
                """)
            #expect(try await clean(environment).processed == 3)
            #expect(
                try await environment.value("select string_agg(dedupe_key, ', ' order by dedupe_key) from bookings.deliveries where payload = '{}'")
                    == "bounced/mail/31, sent/mail/31, suppressed/mail/31")
            #expect(try await environment.value("select count(*) from bookings.deliveries", as: Int.self) == 20)
        }
    }

    @Test("Runs and alerts that are over are removed; the newest run of each job, what runs and what is open stay. Caches without a token go")
    func others() async throws {
        try await with { environment in
            try await environment.database.execute(
                """
                insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, finished_at, outcome, service)
                values ('a', 'a1', 'schedule', now() - interval '100 days', now() - interval '100 days', now(), 'succeeded', 'x'),
                       ('a', 'a2', 'schedule', now() - interval '95 days', now() - interval '95 days', now(), 'failed', 'x'),
                       ('b', 'b1', 'schedule', now() - interval '99 days', now() - interval '99 days', null, 'running', 'x'),
                       ('b', 'b2', 'schedule', now() - interval '1 day', now() - interval '1 day', now(), 'succeeded', 'x')
                """)
            try await environment.database.execute(
                """
                insert into operations.alerts (kind, subject, service, since, until)
                values ('k', 'old', 'x', now() - interval '400 days', now()), ('k', 'open', 'x', now() - interval '400 days', null),
                       ('k', 'young', 'x', now(), now())
                """)
            try await environment.database.execute("insert into tickets.bytemark_tokens (user_id, token) values (1, 'a')")
            try await environment.database.execute(
                "insert into tickets.cache (user_id, refreshed_at, passes, passes4) select n, now(), '[]', '[]' from generate_series(1, 3) n")
            #expect(try await clean(environment).processed == 4)
            #expect(
                try await environment.value("select string_agg(tick_id, ', ' order by tick_id) from operations.job_runs where service = 'x'")
                    == "a2, b1, b2")
            #expect(
                try await environment.value("select string_agg(subject, ', ' order by subject) from operations.alerts where service = 'x'")
                    == "open, young")
            #expect(try await environment.value("select string_agg(user_id::text, ', ') from tickets.cache") == "1")
        }
    }

    @Test("Changes of statuses and of cached tickets are removed after a year; the rows and the audit stay as they were")
    func histories() async throws {
        try await with { environment in
            for table in ["bookings", "payments", "events"] {
                try await environment.database.execute(
                    SQL(
                        file: """
                            insert into \(table).status_history (of, was, became, at)
                            select n, 'a', 'b', now() - case when n <= 5000 then interval '366 days' else interval '364 days' end from generate_series(1, 5010) n
                            """))
            }
            try await environment.database.execute(
                """
                insert into tickets.cache_log (user_id, pass_uuid, change, payload, logged_at)
                select n, 'p', 'added', '{}', now() - interval '363 days' - n * interval '1 day' from generate_series(1, 3) n
                """)
            #expect(try await clean(environment, dryRun: true).processed == 15_002)
            let run = try await clean(environment)
            #expect(run.processed == 15_002)
            #expect(run.details.contains("tickets.cache_log: removed or emptied"))
            #expect(
                try await environment.value(
                    "select (select count(*) from payments.status_history) || ' ' || (select count(*) from tickets.cache_log)") == "10 1")
            #expect(try await clean(environment).processed == 0)
        }
    }

    @Test("A table that fails is recorded on the run, and the others are cleaned")
    func independent() async throws {
        try await with { environment in
            try await environment.database.execute(Self.inbox)
            try await environment.database.execute(
                "insert into loyalty.inbox (source, message_id, received_at) select 'shop', n::text, now() - interval '100 days' from generate_series(1, 10) n"
            )
            try await environment.database.execute(
                "insert into analytics.inbox (source, message_id, received_at) values ('shop', 'x', now() - interval '100 days')")
            try await environment.database.execute(
                """
                create function bookings.refuse() returns trigger language plpgsql as $$ begin raise exception 'not this one'; end $$;
                """)
            try await environment.database.execute(
                "create trigger refuse before delete on bookings.inbox for each row execute function bookings.refuse()")
            let run = try await clean(environment)
            #expect(run.outcome == .partial)
            #expect(run.processed == 11)
            #expect(run.details.contains("\"row\": \"bookings.inbox\""))
        }
    }

    @Test("maintenance has no right to the tables themselves, and others none to remove")
    func rights() async throws {
        try await TestEnvironment.open { environment in
            for (role, statement): (String, SQL) in [
                ("maintenance", "delete from bookings.inbox"), ("maintenance", "update bookings.deliveries set payload = '{}'"),
                ("bookings", "select removed from operations.remove_inbox('payments', now(), 0, 1)"),
                ("bookings", "select removed from operations.remove_runs(now(), 1)"),
                ("bookings", "select removed from operations.remove_history('bookings.status_history', now(), 0, 1)"),
                ("bookings", "select removed from tickets.remove_cache(0, 1)"),
            ] {
                try await environment.asRole(role) { database async throws in
                    let error = await #expect(throws: PostgresError.self, "\(statement.text)") { _ = try await database.query(statement) }
                    #expect(error?.sqlState == .insufficientPrivilege, "\(statement.text)")
                }
            }
            // Only histories: no other table by this way.
            await #expect(throws: PostgresError.self) {
                _ = try await environment.database.query("select removed from operations.remove_history('bookings.bookings', now(), 0, 1)")
            }
        }
    }
}
