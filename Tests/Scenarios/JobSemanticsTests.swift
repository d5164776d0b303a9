import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import TicketsCache

@Suite("Ticks and runs")
struct JobSemanticsTests {
    private static let start = Date(timeIntervalSince1970: 1_790_000_000)

    @Test("A tick that arrives twice runs once")
    func twice() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    let tick = try await environment.tick(.ticketsCacheRefresh, at: Self.start)
                    try await environment.tick(.ticketsCacheRefresh, at: Self.start)
                    _ = try await environment.ended(tick)
                    try await environment.tick(.ticketsCacheRefresh, at: Self.start)
                    _ = try await environment.ended(try await environment.tick(.ticketsCacheRefresh, trigger: .manual))
                    #expect(try await environment.value("select count(*) from operations.job_runs where trigger = 'schedule'", as: Int.self) == 1)
                }
            }
        }
    }

    @Test("A tick that finds its job running is recorded as skipped, and the run is not disturbed")
    func skipped() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("insert into tickets.bytemark_tokens (user_id, token) values (1, 'token-1')")
            try await StubServices.open { stubs in
                try await stubs.passes(of: 1, "[]")
                try await stubs.hold("bytemark")
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    let first = try await environment.tick(.ticketsCacheRefresh, at: Self.start)
                    try await environment.eventually("Bytemark is asked") { try await !stubs.received("bytemark").isEmpty }
                    let second = try await environment.tick(.ticketsCacheRefresh, at: Self.start + 300)
                    #expect(try await environment.ended(second).outcome == .skipped)
                    #expect(
                        try await environment.value("select outcome from operations.job_runs where tick_id = $1", as: String.self, first) == "running"
                    )
                    try await stubs.letGo()
                    let run = try await environment.ended(first)
                    #expect(run.outcome == .succeeded)
                    #expect(run.processed == 1)
                }
            }
        }
    }

    @Test("Of the ticks of one job that waited while the service was away only the newest is worked; the others are recorded as superseded")
    func superseded() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in }
                var ticks: [String] = []
                for number in [3, 1, 7, 0, 5] {
                    ticks.append(try await environment.tick(.ticketsCacheRefresh, at: Self.start + 300 * Double(number)))
                }
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    for tick in ticks { _ = try await environment.ended(tick) }
                    let worked = try await environment.database.query(
                        "select tick_id from operations.job_runs where outcome = 'succeeded'", as: String.self)
                    #expect(worked == [ticks[2]])
                    #expect(try await environment.value("select count(*) from operations.job_runs where outcome = 'superseded'", as: Int.self) == 4)
                }
            }
        }
    }

    @Test("A run of the future, which a wrong clock has left, supersedes no tick")
    func future() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    try await environment.database.execute(
                        """
                        insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, finished_at, outcome, service)
                        values ('tickets-cache.refresh', 'future', 'schedule', now() + interval '1 day', now(), now(), 'succeeded', 'tickets-cache')
                        """)
                    #expect(try await environment.ended(try await environment.tick(.ticketsCacheRefresh, at: Self.start)).outcome == .succeeded)
                }
            }
        }
    }

    @Test("A run that a dead process left is ended when its tick comes again, also when a newer tick has come meanwhile")
    func leftByTheDead() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in }
                let first = try await environment.tick(.ticketsCacheRefresh, at: Self.start)
                try await environment.database.execute(
                    """
                    insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, outcome, service)
                    values ('tickets-cache.refresh', $1, 'schedule', $2, now(), 'running', 'tickets-cache')
                    """, first, Self.start)
                let second = try await environment.tick(.ticketsCacheRefresh, at: Self.start + 300)
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    #expect(try await environment.ended(first).outcome == .succeeded)
                    _ = try await environment.ended(second)
                }
            }
        }
    }

    @Test("Of a job whose missed ticks all count, each tick that waited is worked")
    func all() async throws {
        try await TestEnvironment.open { environment in
            try await Self.makeStale(environment, users: 1500)
            try await StubServices.open { stubs in
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in }
                var ticks: [String] = []
                for number in 0..<4 {
                    ticks.append(try await environment.tick(.ticketsCacheRefreshStale, at: Self.start + 3600 * Double(number), misfire: .all))
                }
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    for tick in ticks {
                        let run = try await environment.ended(tick)
                        #expect(run.outcome == .succeeded)
                    }
                }
            }
        }
    }

    @Test("A tick that is worked by all and finds its job running waits for its turn, in the service and not in a delay queue")
    func allWhileRunning() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("insert into tickets.bytemark_tokens (user_id, token) values (1, 'token-1')")
            try await StubServices.open { stubs in
                try await stubs.passes(of: 1, "[]")
                try await stubs.hold("bytemark")
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    // Has a copy of each tick that is published to the first delay queue.
                    let delayed = "tickets-cache.ticks.delayed"
                    let delay = ServiceTopology.delay(QueueName.ticks(of: "tickets-cache"), after: 1)
                    try await environment.broker.declare(
                        AMQPTopology(
                            queues: [.init(delayed, durable: false, exclusive: true)],
                            bindings: [.init(queue: delayed, exchange: Exchange.retry(of: "tickets-cache"), routingKey: delay)]))
                    let first = try await environment.tick(.ticketsCacheRefresh, at: Self.start, misfire: .all)
                    try await environment.eventually("Bytemark is asked") { try await !stubs.received("bytemark").isEmpty }
                    let second = try await environment.tick(.ticketsCacheRefresh, at: Self.start + 300, misfire: .all)
                    try await environment.eventually("the second tick has arrived") {
                        try await environment.broker.inspect(queue: QueueName.ticks(of: "tickets-cache"))?.messages == 0
                    }
                    try await stubs.letGo()
                    #expect(try await environment.ended(first).outcome == .succeeded)
                    #expect(try await environment.ended(second).outcome == .succeeded)
                    #expect(try await environment.broker.inspect(queue: delayed)?.messages == 0)
                }
            }
        }
    }

    @Test("A run is cut into slices, and each hands on to the next by a message")
    func slices() async throws {
        try await TestEnvironment.open { environment in
            try await Self.makeStale(environment, users: 2500)
            try await StubServices.open { stubs in
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    let run = try await environment.ended(try await environment.tick(.ticketsCacheRefreshStale))
                    #expect(run.outcome == .succeeded)
                    #expect(run.processed == 2500)
                    #expect(
                        try await environment.value("select slice from operations.job_runs where job = 'tickets-cache.refresh-stale'", as: Int.self)
                            == 4)
                }
            }
        }
    }

    @Test("Two replicas that start at once share the ticks that waited, and none is left lying")
    func replicasShareTheBacklog() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in }
                var ticks: [String] = []
                for _ in 0..<40 { ticks.append(try await environment.tick(.ticketsCacheRefreshStale, trigger: .manual)) }
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                        for tick in ticks { _ = try await environment.ended(tick) }
                    }
                }
            }
        }
    }

    /// Users whose cache is old. A refresh seems to be at work, so that none begins.
    private static func makeStale(_ environment: TestEnvironment, users: Int) async throws {
        try await environment.database.execute(
            """
            insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, outcome, service)
            values ('tickets-cache.refresh', 'at work', 'manual', now(), now(), 'running', 'tickets-cache')
            """)
        try await environment.database.execute(
            "insert into tickets.bytemark_tokens (user_id, token) select n, 'token-' || n from generate_series(1, $1) n", users)
        try await environment.database.execute(
            "insert into tickets.cache (user_id, refreshed_at) select n, '2020-01-01' from generate_series(1, $1) n", users)
    }
}
