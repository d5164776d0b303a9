import AMQP
import Contracts
import FoundationEssentials
import Glibc
import Platform
import Postgres
import Support
import Synchronization
import Testing

extension FaultTests {
    @Suite("Changes of the schema")
    struct SchemaChangeTests {
        private static let file = "Services/LoyaltyNotifier/Schema/0001-loyalty.sql"

        @Test("A service waits for a file that it was built with, names it, and begins when it is applied")
        func tooOldAtTheStart() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                try await environment.database.execute("delete from operations.migrations where file = $1", Self.file)
                let loyalty = try fixture.start("loyalty-notifier")
                // With the broker there its queue is, too.
                try await environment.eventually("it names the file, and nothing else") {
                    let missing = await fixture.readiness(loyalty)
                    return missing.contains("boxoffice migrate has yet to apply \(Self.file)") && !missing.contains("the broker")
                }
                try await environment.publish(Rides.of(1, 1...50))
                try await Self.apply(environment)
                try await fixture.ready(loyalty)
                try await environment.eventually("select count(*) from loyalty.members where rides = 50", 1)
                #expect(loyalty.output.split(separator: "\n").filter { $0.contains("yet to apply") }.count == 1)
            }
        }

        @Test("A statement that finds no column because a file is missing waits in place: no message loses an attempt")
        func tooOldLater() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let loyalty = try await fixture.startReady("loyalty-notifier")
                try await environment.database.script("alter table loyalty.rides rename column completed_at to later")
                try await environment.database.execute("delete from operations.migrations where file = $1", Self.file)
                try await environment.publish(Rides.of(1, 1...50))
                try await environment.eventually("it names the file") { await fixture.readiness(loyalty).contains("has yet to apply \(Self.file)") }
                try await environment.database.script("alter table loyalty.rides rename column later to completed_at")
                try await Self.apply(environment)
                try await environment.eventually("select count(*) from loyalty.members where rides = 50", 1)
                try await fixture.ready(loyalty)
                #expect(!loyalty.output.contains("will be tried again"), "\(loyalty.output)")
            }
        }

        @Test("A database that is newer than a service is used as it is, and the service says so once")
        func tooNew() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                try await environment.database.execute(
                    "insert into operations.migrations (file, schema, checksum) values ('Services/LoyaltyNotifier/Schema/9999-later.sql', 'loyalty', 'x')"
                )
                let loyalty = try await fixture.startReady("loyalty-notifier")
                try await environment.publish(Rides.of(1, 1...50))
                try await environment.eventually("select count(*) from loyalty.members where rides = 50", 1)
                #expect(loyalty.output.split(separator: "\n").filter { $0.contains("9999-later.sql") }.count == 1)
            }
        }

        private static func apply(_ environment: TestEnvironment) async throws {
            try await environment.database.execute(
                "insert into operations.migrations (file, schema, checksum) values ($1, 'loyalty', 'applied')", file)
        }

        /// What a release may do to tables and views that others are using, `$n` being another number each time.
        private static let changes = [
            "alter table loyalty.inbox add column later_$n text", "alter table loyalty.deliveries add column later_$n bigint not null default 0",
            "alter table loyalty.rides add column later_$n text", "alter table bookings.inbox add column later_$n text",
            "alter table bookings.outbox add column later_$n text", "alter table bookings.deliveries add column later_$n text",
            "alter table operations.job_runs add column later_$n text",
            """
            do $$ begin
                execute 'create or replace view bookings.booking_mail_contexts as ' || rtrim(regexp_replace(
                    pg_get_viewdef('bookings.booking_mail_contexts'::regclass), '(\\s+FROM )', ', null::text as later_$n\\1', 'i'), ';');
            end $$
            """,
        ]

        /// What a release does to the type of a column that prepared statements return. The views that show it are made again.
        private static let retyping = """
            do $$ declare
                facts text := pg_get_viewdef('bookings.booking_facts'::regclass); letters text := pg_get_viewdef('bookings.booking_mail_contexts'::regclass);
                sales text := pg_get_viewdef('analytics.bookings'::regclass);
            begin
                drop view analytics.bookings, bookings.booking_mail_contexts, bookings.booking_facts;
                alter table bookings.bookings alter column currency type text;
                execute 'create view bookings.booking_mail_contexts as ' || letters;
                execute 'create view bookings.booking_facts as ' || facts;
                execute 'create view analytics.bookings as ' || sales;
                grant select on bookings.booking_facts to "events", "payments", "marketing", "analytics";
                grant select on analytics.bookings to "analytics";
                grant select on bookings.booking_mail_contexts to "bookings";
            end $$
            """

        @Test("While tables, views and types change under services at work, no message loses an attempt", .timeLimit(.minutes(5)))
        func underLoad() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let loyalty = try await fixture.startReady("loyalty-notifier")
                let bookings = try await fixture.startReady("bookings")
                let ending = Ending()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await Self.load(fixture, until: ending) }
                    try await Self.busy(environment, beyond: 0)
                    var seen = 0
                    for round in 1...Proof.size(4, whole: 40) {
                        for change in Self.changes { try await Self.change(change.replacing("$n", with: "\(round)"), environment) }
                        seen = try await Self.busy(environment, beyond: seen)
                    }
                    try await Self.change(Self.retyping, environment)
                    try await Self.busy(environment, beyond: seen)
                    ending.isNear.store(true, ordering: .relaxed)
                    try await group.waitForAll()
                }
                try await environment.eventually("select count(*) from bookings.bookings where status = 'pending'", 0)
                for service in [loyalty, bookings] {
                    #expect(!service.output.contains("will be tried again"), "\(service.output)")
                    #expect(!service.output.contains("cached plan"), "\(service.output)")
                }
                #expect(try await environment.broker.get("loyalty-notifier.parked") == nil)
                #expect(try await environment.broker.get("bookings.parked") == nil)
            }
        }

        /// Of the load.
        private final class Ending: Sendable {
            let isNear = Atomic(false)
        }

        /// Rides, and bookings that cost nothing and are confirmed with a mail.
        private static func load(_ fixture: FaultFixture, until ending: Ending) async throws {
            let environment = fixture.environment
            let event = try await environment.shop.event(startsAt: environment.clock.now + 86_400 * 30)
            var round = 0
            while !ending.isNear.load(ordering: .relaxed) {
                round += 1
                try await environment.publish(Rides.of(round, 1...50))
                try await environment.database.execute(freeBookings, event, "free-\(round)")
                try await environment.tick(.bookingsSendConfirmations, at: environment.clock.now + Double(round), trigger: .manual)
                let expected = round
                try await environment.eventually("round \(round) is done") {
                    try await environment.value("select rides from loyalty.members where user_id = $1", as: Int.self, expected) == 50
                }
            }
        }

        private static let freeBookings: SQL = """
            insert into bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, status, created_at)
            select $2 || '-' || n, 1, $1, 1, 0, 'EUR', 'pending', now() from generate_series(1, 5) n
            """

        /// Waits until more has been done than before; how much that is.
        @discardableResult
        private static func busy(_ environment: TestEnvironment, beyond seen: Int) async throws -> Int {
            var done = seen
            try await environment.eventually("the services get on") {
                done =
                    try await environment.value("select (select count(*) from loyalty.members) + (select count(*) from bookings.inbox)", as: Int.self)
                    ?? 0
                return done > seen + 1
            }
            return done
        }

        /// Applies a change as `boxoffice migrate` does: with a time limit for the lock, and again.
        private static func change(_ sql: String, _ environment: TestEnvironment) async throws {
            while true {
                do {
                    return try await environment.database.script("set lock_timeout = '3s'; begin; \(sql); commit; reset lock_timeout")
                } catch let error as PostgresError where error.isTransient {
                    continue
                }
            }
        }
    }
}
