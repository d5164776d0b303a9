import Contracts
import Foundation
import Platform
import Postgres
import Support
import Testing

@Suite("A process that does not beat is an alert, and one that is stopped is not")
struct HeartbeatTests {
    private struct Watching: TestParts {
        static func add(to service: inout ServiceBuilder) { service.add { HeartbeatWatch($0, every: 1) } }
    }

    private static let open: SQL = "select count(*) from operations.alerts where kind = $1 and until is null"

    @Test("It writes its row by the database's clock, and removes it when it stops")
    func signsOff() async throws {
        try await TestEnvironment.open(at: Date() + 86_400) { environment in
            try await environment.with(TestService<Watching>.self, settings: ["HEARTBEAT_SECONDS": "1"]) { host in
                try await environment.eventually(
                    """
                    select count(*) from operations.heartbeats
                    where service = 'tickets-cache' and instance = $1 and resident_bytes > 1000000 and seen_at between now() - interval '1 minute' and now()
                          and backlog ->> 'outbox' = '0'
                    """, 1, [host.runtime.instance])
            }
            #expect(try await environment.value("select count(*) from operations.heartbeats", as: Int.self) == 0)
        }
    }

    @Test("A process that is silent is one alert; it is over when it beats again, and when it is gone and another has started")
    func silent() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Watching>.self, asSuperuser: true) { _ in
                try await environment.database.execute(
                    """
                    insert into operations.heartbeats (service, instance, version, started_at, seen_at, interval_seconds)
                    values ('bookings', 'bookings@a/1', '1', now() - interval '1 hour', now() - interval '80 s', 30),
                           ('bookings', 'bookings@b/1', '1', now() - interval '1 hour', now() + interval '1 hour', 30)
                    """)
                try await environment.eventually(Self.open, 1, ["service-silent"])
                #expect(try await environment.value("select subject from operations.alerts", as: String.self) == "bookings@a/1")
                try await environment.database.execute(
                    "update operations.heartbeats set seen_at = now() + interval '1 hour' where instance = 'bookings@a/1'")
                try await environment.eventually(Self.open, 0, ["service-silent"])
                try await environment.database.execute(
                    "update operations.heartbeats set seen_at = now() - interval '80 s' where instance = 'bookings@b/1'")
                try await environment.eventually(Self.open, 1, ["service-silent"])
                try await environment.database.execute(
                    """
                    insert into operations.heartbeats (service, instance, version, started_at, seen_at, interval_seconds)
                    values ('bookings', 'bookings@c/1', '1', now(), now() + interval '1 hour', 30)
                    """)
                try await environment.eventually(Self.open, 0, ["service-silent"])
                try await environment.eventually("select count(*) from operations.heartbeats where instance = 'bookings@b/1'", 0)
                #expect(try await environment.value("select count(*) from operations.alerts", as: Int.self) == 2)
            }
        }
    }

    @Test("Work that does not end is an alert, though the process beats")
    func stalled() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Watching>.self) { _ in
                try await environment.database.execute(
                    """
                    insert into operations.heartbeats (service, instance, version, started_at, seen_at, interval_seconds, oldest_work_seconds)
                    values ('bookings', 'bookings@a/1', '1', now(), now() + interval '1 hour', 30, 700)
                    """)
                try await environment.eventually(Self.open, 1, ["service-stalled"])
                try await environment.database.execute("update operations.heartbeats set oldest_work_seconds = null where service = 'bookings'")
                try await environment.eventually(Self.open, 0, ["service-stalled"])
            }
        }
    }

    @Test("A transaction that waits shows in the beat of its process")
    func work() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Watching>.self, settings: ["HEARTBEAT_SECONDS": "1"]) { host in
                #expect(await host.runtime.ready())
                try await host.runtime.transaction { _ in
                    try await environment.eventually(
                        "select count(*) from operations.heartbeats where service = 'tickets-cache' and oldest_work_seconds >= 1", 1)
                }
                try await environment.eventually(
                    "select count(*) from operations.heartbeats where service = 'tickets-cache' and oldest_work_seconds is null", 1)
            }
        }
    }

    private static let queue: SQL = """
        select concat_ws(' ', queue ->> 'messages', queue ->> 'unacked', (queue ->> 'oldestSeconds')::int between 3599 and 3900,
                         (queue ->> 'stalledSeconds')::int between 1 and 300)
        from (select backlog -> 'queues' -> 'tickets-cache.events' as queue from operations.heartbeats where service = 'tickets-cache') beat
        """

    @Test("A beat has the messages of each queue, the age of the oldest in hand, and for how long nothing was completed")
    func queues() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Recording>.self, settings: ["HEARTBEAT_SECONDS": "1"]) { host in
                #expect(await host.runtime.ready())
                try await environment.eventually(Self.queue, "0 0")
                let published = RFC3339.string(from: environment.clock.now - 3600)
                try await environment.database.transaction { tx in
                    _ = try await tx.query("lock table tickets.bytemark_tokens")
                    try await environment.publish(
                        raw: """
                            {"specversion": "1.0", "id": "1", "source": "/shop", "type": "com.boxoffice.tickets.refresh-requested", "time": "\(published)", \
                            "data": {"userId": 1}}
                            """, to: Exchange.events, "tickets.refresh-requested")
                    try await environment.eventually(Self.queue, "0 1 t t")
                }
                try await environment.eventually(Self.queue, "0 0")
            }
        }
    }

    @Test("A beat has the last error of the log, its kind and its time")
    func lastError() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Recording>.self, settings: ["HEARTBEAT_SECONDS": "1", "LOG_LEVEL": "error"]) { _ in
                try await environment.publish(raw: "no JSON", to: Exchange.events, "tickets.refresh-requested", id: "bad")
                try await environment.eventually(
                    """
                    select count(*) from operations.heartbeats
                    where last_error ->> 'kind' = 'other' and last_error ->> 'text' like 'A message is parked: %JSON%'
                      and (last_error ->> 'at')::timestamptz between now() - interval '5 minutes' and now()
                    """, 1)
            }
        }
    }
}
