import AMQP
import Contracts
import Migrations
import Platform
import Postgres
import Support
import Testing

@testable import Analytics
@testable import Bookings
@testable import BoxOffice
@testable import Console
@testable import Events
@testable import LoyaltyNotifier
@testable import Maintenance
@testable import Marketing
@testable import Payments
@testable import TicketsCache

@Suite("boxoffice doctor finds what does not work")
struct DoctorTests {
    private struct CheckResult: Decodable, Equatable {
        let status: String
        let what: String
        let detail: String
    }

    /// A house in which nothing is wrong.
    private func withHealthyHouse(_ body: @Sendable (TestEnvironment, CommandLineTool) async throws -> Void) async throws {
        try await withHealthyHouse { environment, boxoffice, _ in try await body(environment, boxoffice) }
    }

    private func withHealthyHouse(_ body: @Sendable (TestEnvironment, CommandLineTool, StubServices) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await withServices(of: environment, stubs.settings) {
                    try await environment.database.execute(Self.schedule)
                    for queue in try ExpectedTopology.embedded().queues.map(\.name) where queue.hasSuffix(".ticks") || queue.hasSuffix(".events") {
                        try await environment.eventually("nobody consumes \(queue)") {
                            try await environment.broker.inspect(queue: queue)?.consumers == 1
                        }
                    }
                    try await body(environment, CommandLineTool(environment, stubs.settings), stubs)
                }
            }
        }
    }

    private func withServices(of environment: TestEnvironment, _ settings: [String: String], _ body: () async throws -> Void) async throws {
        try await environment.with(TicketsCache.self, settings: settings) { _ in
            try await environment.with(LoyaltyNotifier.self, settings: settings) { _ in
                try await environment.with(Payments.self, settings: settings) { _ in
                    try await environment.with(Bookings.self, settings: settings) { _ in
                        try await environment.with(Events.self, settings: settings) { _ in
                            try await environment.with(Marketing.self, settings: settings) { _ in
                                try await environment.with(Analytics.self, settings: settings) { _ in
                                    try await environment.with(Maintenance.self, settings: settings) { _ in
                                        try await environment.with(Console.self, settings: settings) { _ in try await body() }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private static let schedule: SQL = """
        insert into operations.schedules (job, service, cron, zone, misfire, description)
        values ('analytics.generate-monthly-summary', 'analytics', '0 8 1 * *', 'UTC', 'all', 'Reports.')
        """

    private func failures(_ boxoffice: CommandLineTool) async throws -> [CheckResult] {
        let call = try await boxoffice("doctor", "--json")
        let results = try call.json(as: [CheckResult].self).filter { $0.status == "FAIL" }
        #expect(call.status == (results.isEmpty ? 0 : 1))
        return results
    }

    @Test("Everything that works is ok, what is not configured is skipped, and the end is 0")
    func healthy() async throws {
        try await withHealthyHouse { _, all in
            var boxoffice = all
            boxoffice.variables["PUSH_URL"] = nil
            let call = try await boxoffice("doctor")
            #expect(call.status == 0, "\(call.output)")
            #expect(!call.output.contains("FAIL"))
            #expect(call.lines.contains { $0.contains("  broker  ") && $0.contains("RabbitMQ ") })
            for what in [
                "broker", "exchanges", "bindings of bookings.events", "bindings of tickets-cache.ticks",
                "queues of tickets-cache", "queues of loyalty-notifier", "database", "migrations", "role tick-publisher",
                "role tickets-cache", "role loyalty-notifier", "clock", "tick-publisher", "BYTEMARK_URL", "PAYMENT_GATEWAY_URL", "SMTP_HOST",
                "runs", "outboxes", "deliveries", "refunds", "payments", "audit", "parked messages",
            ] { #expect(call.lines.contains { $0.hasPrefix("ok    \(what)  ") }, "\(what): \(call.output)") }
            #expect(call.lines.contains { $0.hasPrefix("skip  PUSH_URL  ") })
        }
    }

    @Test("A broker that drops what was given back too often is named as such")
    func deliveryLimit() {
        #expect(BrokerCheck.name("3.10.8") == "RabbitMQ 3.10.8")
        #expect(BrokerCheck.name("3.13.7").contains("delivery-limit") == false)
        for version in ["4.0.5", "4.2.0-beta.1", "10.1"] { #expect(BrokerCheck.name(version).contains("delivery-limit")) }
        for version in [nil, "", "four"] { #expect(BrokerCheck.name(version) == "a broker of unknown version") }
    }

    @Test("A queue that is missing or was declared otherwise is named, and left as it is")
    func topology() async throws {
        try await withHealthyHouse { environment, boxoffice in
            try await environment.broker.delete(queue: "tickets-cache.parked")
            try await environment.broker.delete(queue: "loyalty-notifier.events.retry.5s")
            try await environment.broker.declare(
                .init(queues: [.init("loyalty-notifier.events.retry.5s", arguments: ["x-queue-type": "quorum", "x-message-ttl": 7000])]))
            let failures = try await failures(boxoffice)
            #expect(failures.map(\.what) == ["queues of tickets-cache", "queues of loyalty-notifier"])
            #expect(failures.first?.detail == "tickets-cache.parked is not there")
            #expect(failures.last?.detail.contains("loyalty-notifier.events.retry.5s") == true)
            #expect(failures.last?.detail.contains("inequivalent arg") == true)
            #expect(try await environment.broker.inspect(queue: "tickets-cache.parked") == nil)
        }
    }

    @Test("A binding that is missing is named")
    func bindings() async throws {
        try await withHealthyHouse { environment, boxoffice in
            // Once a minute a service binds its queues again; the doctor may come just after that.
            var failures: [CheckResult] = []
            try await environment.eventually("a binding is missing") {
                try await environment.broker.delete(exchange: "boxoffice.ticks")
                try await environment.broker.declare(ServiceTopology.exchanges)
                failures = try await self.failures(boxoffice)
                return failures.contains { $0.what == "bindings of payments.ticks" }
            }
            let unbound = failures.first { $0.what == "bindings of payments.ticks" }
            #expect(unbound?.detail.contains("payments.handle-timeouts of boxoffice.ticks") == true)
            #expect(!failures.map(\.what).contains("bindings of payments.events"))
        }
    }

    @Test("A role with rights beyond its schema, a file that is not applied and one that changed are named")
    func database() async throws {
        try await withHealthyHouse { environment, boxoffice in
            try await environment.database.execute("grant update on loyalty.members to \"tickets-cache\"")
            try await environment.database.execute("delete from operations.migrations where file like '%0001-loyalty.sql'")
            let failures = try await failures(boxoffice)
            #expect(failures.map(\.what) == ["migrations", "role tickets-cache"])
            #expect(failures.first?.detail.contains("0001-loyalty.sql") == true)
            #expect(failures.last?.detail == "may write what is not its own: loyalty.members")

            try await environment.database.execute("revoke update on loyalty.members from \"tickets-cache\"")
            try await environment.database.execute("update operations.migrations set checksum = 'other' where file like '%0001-tickets.sql'")
            let changed = try await self.failures(boxoffice)
            #expect(changed.map(\.what) == ["migrations"])
            #expect(changed.first?.detail.contains("0001-tickets.sql has changed") == true)
        }
    }

    @Test("A clock that stands still is told, with the job that it forgot")
    func clock() async throws {
        try await withHealthyHouse { environment, boxoffice in
            try await environment.database.execute("update operations.schedules set decided_through = now() - interval '40 days'")
            let failures = try await failures(boxoffice)
            #expect(failures.map(\.what) == ["tick-publisher"])
            #expect(failures.first?.detail.contains("analytics.generate-monthly-summary was due") == true)
            try await environment.database.execute("update operations.schedules set decided_through = now() + interval '1 day'")
            let ahead = try await self.failures(boxoffice)
            #expect(ahead.first?.detail.hasPrefix("analytics.generate-monthly-summary: it is decided up to") == true)
            try await environment.database.execute("delete from operations.schedules")
            #expect(try await self.failures(boxoffice).first?.detail.contains("never run") == true)
        }
    }

    @Test("Services outside that do not answer are told")
    func stubs() async throws {
        try await withHealthyHouse { _, healthy async throws in
            var boxoffice = healthy
            boxoffice.variables["PUSH_URL"] = "http://127.0.0.1:1"
            boxoffice.variables["BYTEMARK_URL"] = "ftp://127.0.0.1"
            boxoffice.variables["PAYMENT_GATEWAY_URL"] = "http://127.0.0.1:1"
            boxoffice.variables["SMTP_PORT"] = "1"
            #expect(try await failures(boxoffice).map(\.what) == ["BYTEMARK_URL", "PUSH_URL", "PAYMENT_GATEWAY_URL", "SMTP_HOST"])
        }
    }

    @Test("A gateway that refuses our key is told, and so is a key that is missing; neither shows the key")
    func gatewayKey() async throws {
        try await withHealthyHouse { _, healthy, stubs in
            try await stubs.order("faults", #"{"part":"gateway","action":{"status":401}}"#)
            let refused = try await failures(healthy)
            #expect(refused.map(\.what) == ["PAYMENT_GATEWAY_URL"])
            #expect(refused.first?.detail.contains("does not take PAYMENT_GATEWAY_KEY (status 401)") == true)
            #expect(refused.first?.detail.contains("secret") == false)
            var boxoffice = healthy
            boxoffice.variables["PAYMENT_GATEWAY_KEY"] = nil
            #expect(try await failures(boxoffice).first?.detail.contains("PAYMENT_GATEWAY_KEY is not set") == true)
        }
    }

    @Test("A collation that has changed since the indexes were made is told, and what puts it right")
    func collation() async throws {
        try await withHealthyHouse { environment, boxoffice async throws in
            try await environment.database.script(
                """
                create table public.sorted (name text collate "und-x-icu" unique);
                update pg_catalog.pg_collation set collversion = '1' where collname = 'und-x-icu'
                """)
            let found = try await failures(boxoffice)
            #expect(found.map(\.what) == ["collation pg_catalog.\"und-x-icu\""])
            #expect(found.first?.detail.contains("alter collation pg_catalog.\"und-x-icu\" refresh version") == true)
        }
    }

    @Test("Without broker and database the rest is looked at all the same")
    func nothing() async throws {
        let results = try await failures(
            CommandLineTool(["DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "AMQP_URL": "amqp://", "TIME_ZONE": "Mars/Olympus"]))
        #expect(results.map(\.what) == ["configuration", "configuration", "broker", "database"])
    }

    @Test("A refused login is told without the password")
    func login() async throws {
        try await TestEnvironment.open { environment in
            var boxoffice = CommandLineTool(environment)
            boxoffice.variables["AMQP_URL"] = environment.amqpURL.replacing(/:[^:@]*@/, with: ":wrong-secret@")
            boxoffice.variables["DATABASE_URL"] = environment.databaseURL.replacing(/:[^:@]*@/, with: ":wrong-secret@")
            let call = try await boxoffice("doctor")
            #expect(call.status == 1)
            #expect(call.lines.contains { $0.hasPrefix("FAIL  broker  ") })
            #expect(call.lines.contains { $0.hasPrefix("FAIL  database  ") })
            #expect(!call.output.contains("wrong-secret"))
        }
    }

    @Test("The built-in document says what the services declare")
    func document() throws {
        let expected = try ExpectedTopology.embedded()
        let retries = Domain.all.map(\.service).filter { !Tick.publishers.contains($0) }.map(Exchange.retry(of:))
        #expect(Set(expected.exchanges.map(\.name)) == Set(["boxoffice.ticks", "boxoffice.events"] + retries))
        #expect(expected.queues(of: "loyalty-notifier").count == 11)
        let delay = try #require(expected.queues.first { $0.name == "loyalty-notifier.events.retry.5s" })
        #expect(
            delay.arguments == [
                "x-queue-type": "quorum", "x-message-ttl": 5000, "x-dead-letter-exchange": "loyalty-notifier.retry",
                "x-dead-letter-routing-key": "loyalty-notifier.events", "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish",
            ])
    }
}
