import AMQP
import Contracts
import FoundationEssentials
import Glibc
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Outages of the database")
    struct DatabaseOutageTests {
        /// Something that keeps statements of a service from working, as its administrators do it.
        struct Trouble: Sendable, CustomTestStringConvertible {
            let testDescription: String
            /// What begins it and what ends it, as the superuser; `$database` is the name of the database.
            let begin: [String], end: [String]
            /// What `/readyz` and the log say.
            let word: String
        }

        private static let terminate =
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'loyalty-notifier'"

        /// `alter database … allow_connections`, which nobody may say who is connected to it.
        private static func allowConnections(_ allowed: Bool) -> String {
            """
            set allow_system_table_mods = on;
            update pg_catalog.pg_database set datallowconn = \(allowed) where datname = '$database';
            reset allow_system_table_mods
            """
        }

        static let troubles = [
            Trouble(
                testDescription: "the server is read-only, as after a failover",
                begin: ["alter system set default_transaction_read_only = on", "select pg_reload_conf()"],
                end: ["alter system reset default_transaction_read_only", "select pg_reload_conf()"], word: "read-only"),
            Trouble(
                testDescription: "the role may not log in", begin: [#"alter role "loyalty-notifier" nologin"#, terminate],
                end: [#"alter role "loyalty-notifier" login"#], word: "not permitted to log in"),
            Trouble(
                testDescription: "the password was rotated", begin: [#"alter role "loyalty-notifier" password 'new'"#, terminate],
                end: [#"alter role "loyalty-notifier" password 'loyalty'"#], word: "password authentication failed"),
            Trouble(
                testDescription: "the database takes no connections",
                begin: [Self.allowConnections(false), terminate], end: [Self.allowConnections(true)], word: "not currently accepting connections"),
            Trouble(
                testDescription: "the disk is full",
                begin: [
                    """
                    create function public.full() returns trigger language plpgsql as
                    $$ begin raise exception using errcode = '53100', message = 'no space left on device'; end $$
                    """, "create trigger full_disk before insert on loyalty.rides execute function public.full()",
                ],
                end: ["drop trigger full_disk on loyalty.rides", "drop function public.full()"], word: "53100: no space left on device"),
        ]

        @Test("A service waits in place, says so once, burns no attempt and goes on by itself", arguments: troubles)
        func waitsInPlace(trouble: Trouble) async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let service = try await fixture.startReady("loyalty-notifier")
                try await Self.run(trouble.begin, environment)
                try await environment.publish(Rides.of(1, 1...5))
                let word = trouble.word
                try await environment.eventually("/readyz says \(word)") { await fixture.readiness(service).contains(word) }
                // One that starts now waits, too.
                let late = try fixture.start("loyalty-notifier")
                if !word.hasPrefix("53100") {
                    try await environment.eventually("/readyz of a late one says \(word)") { await fixture.readiness(late).contains(word) }
                }
                try await environment.eventually("the log says \(word)") { service.output.contains(word) }
                try await Self.run(trouble.end, environment)
                try await fixture.ready(service)
                try await fixture.ready(late)
                try await environment.eventually("select rides from loyalty.members where user_id = 1", 5)
                try await environment.eventually("the log says that it is over") { service.output.contains("The database is back") }
                Self.expectNoneTriedAgain(service)
                Self.expectNoneTriedAgain(late)
                #expect(try await environment.broker.get("loyalty-notifier.parked") == nil)
            }
        }

        private static func run(_ statements: [String], _ environment: TestEnvironment) async throws {
            let name = try #require(try await environment.value("select current_database()", as: String.self))
            for statement in statements { try await environment.database.script(statement.replacing("$database", with: name)) }
        }

        /// No message went through a delay queue, and there is one line for each kind of trouble that showed.
        private static func expectNoneTriedAgain(_ service: ServiceProcess, sourceLocation: SourceLocation = #_sourceLocation) {
            let output = service.output
            #expect(service.hasEnded == nil, sourceLocation: sourceLocation)
            #expect(!output.contains("will be tried again") && !output.contains("is parked"), "\(output)", sourceLocation: sourceLocation)
            let warnings = output.split(separator: "\n").filter { $0.contains("Waiting for the database") }
            // A connection that is cut first is a trouble of its own.
            #expect(warnings.count <= 2, "\(output)", sourceLocation: sourceLocation)
        }

        @Test(
            "A lock that somebody holds is waited for in place when the server's time limits end the statements",
            arguments: [("statement_timeout", "57014"), ("lock_timeout", "55P03")])
        func timeLimits(setting: String, state: String) async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                var url = try #require(fixture.environment(of: "loyalty-notifier")["DATABASE_URL"])
                url += (url.contains("?") ? "&" : "?") + "options=-c%20\(setting)%3D100"
                let service = try await fixture.startReady("loyalty-notifier", ["DATABASE_URL": url])
                try await environment.database.transaction { transaction in
                    try await transaction.execute("lock table loyalty.rides")
                    try await environment.publish(Rides.of(1, 1...5))
                    try await environment.eventually("/readyz says why") { await fixture.readiness(service).contains(state) }
                }
                try await environment.eventually("select rides from loyalty.members where user_id = 1", 5)
                try await fixture.ready(service)
                Self.expectNoneTriedAgain(service)
            }
        }
    }
}
