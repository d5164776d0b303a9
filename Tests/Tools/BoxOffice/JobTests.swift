import AMQP
import Contracts
import Postgres
import Support
import Testing

@testable import LoyaltyNotifier

@Suite("boxoffice starts jobs and shows their runs")
struct JobTests {
    private struct Run: Decodable {
        let job: String
        let trigger: String
        let dryRun: Bool
        let outcome: String
        let processed: Int

        private enum CodingKeys: String, CodingKey {
            case job, trigger, outcome, processed
            case dryRun = "dry_run"
        }
    }

    @Test("A dry run is waited for and told, and changes nothing")
    func dryRun() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 2), (2, 2)")
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    let boxoffice = CommandLineTool(environment)
                    let call = try await boxoffice("trigger", "loyalty-notifier.notify", "--dry-run", "--wait")
                    #expect(call.status == 0, "\(call.errors)")
                    let row = try #require(call.output.split(separator: "\n").last)
                    #expect(row.contains("manual (dry)"))
                    #expect(row.contains("succeeded"))
                    #expect(row.contains("2 push"))
                    #expect(try await environment.value("select count(*) from loyalty.deliveries", as: Int.self) == 0)

                    let runs = try await boxoffice("runs", "--json", "--job", "loyalty-notifier.notify").json(as: [Run].self)
                    #expect(runs.count == 1)
                    #expect(runs.first?.dryRun == true)
                    #expect(runs.first?.processed == 2)
                    #expect(try await boxoffice("runs").output.contains("manual (dry)"))
                }
            }
        }
    }

    @Test("A run that fails ends the waiting with 1")
    func failedRun() async throws {
        try await TestEnvironment.open { environment in
            // There is no reward, so there is no row to blame and to pass over.
            try await environment.database.script(
                """
                create function refuse() returns trigger language plpgsql as $$ begin raise data_exception; end $$;
                create trigger refuse before insert on loyalty.notifications for each statement execute function refuse();
                """)
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    let call = try await CommandLineTool(environment)("trigger", "loyalty-notifier.notify", "--wait")
                    #expect(call.status == 1)
                    #expect(call.output.contains("failed"))
                }
            }
        }
    }

    @Test("Runs that stand still, and those that were resumed, are marked")
    func marks() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(
                """
                insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, touched_at, outcome, service, rescues)
                values ('a.still', 'a', 'schedule', now(), now(), now() - interval '5 minutes', 'running', 'a', 0),
                       ('b.again', 'b', 'schedule', now(), now(), now(), 'running', 'b', 2),
                       ('c.once', 'c', 'schedule', now(), now(), now(), 'succeeded', 'c', 1),
                       ('d.both', 'd', 'schedule', now(), now(), now() - interval '5 minutes', 'running', 'd', 1),
                       ('e.fine', 'e', 'schedule', now(), now(), now(), 'running', 'e', 0)
                """)
            let lines = try await CommandLineTool(environment)("runs").lines
            for (job, remark) in [
                ("a.still", "running (stalled)  "), ("b.again", "running (resumed 2 times)  "),
                ("c.once", "succeeded (resumed)  "),
                ("d.both", "running (stalled, resumed)  "),
            ] { #expect(lines.contains { $0.contains(job) && $0.contains(remark) }, "\(lines)") }
            #expect(lines.contains { $0.contains("e.fine") && !$0.contains("(") })
        }
    }

    @Test("A job whose service is not deployed is not triggered, and one that nobody works is waited for only so long")
    func nobodyThere() async throws {
        try await TestEnvironment.open { environment in
            let boxoffice = CommandLineTool(environment)
            let call = try await boxoffice("trigger", "loyalty-notifier.notify")
            #expect(call.status == 1)
            #expect(call.errors.contains("loyalty-notifier.ticks is not there"))
            try await environment.broker.declare(
                .init(
                    queues: [.init("loyalty-notifier.ticks", arguments: ["x-queue-type": "quorum"])],
                    bindings: [.init(queue: "loyalty-notifier.ticks", exchange: "boxoffice.ticks", routingKey: "loyalty-notifier.notify")]))
            let waited = try await boxoffice("trigger", "loyalty-notifier.notify", "--wait", "--timeout", "1")
            #expect(waited.status == 1)
            #expect(waited.errors.contains("has not ended within 1 seconds"))
        }
    }
}
