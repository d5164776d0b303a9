import AMQP
import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres
import Schedules
import Support
import Testing

@testable import TickPublisher

@Suite("Tick ledger")
struct TickStoreTests {
    /// A house without a running clock, and ledgers of replicas that work as the clock's own role.
    private func open(_ body: @escaping @Sendable (TestEnvironment, @Sendable (String) -> TickStore) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            let url = try #require(environment.settings(role: TickPublisher.name).string("DATABASE_URL"))
            let client = PostgresClient(try PostgresConfiguration(url: url), logger: TestServers.logger)
            do {
                try await body(environment) { TickStore(database: client, replica: $0) }
            } catch {
                await client.close()
                throw error
            }
            await client.close()
        }
    }

    private func schedule(_ job: String, _ cron: String = "* * * * *", _ misfire: MisfirePolicy = .latest) throws -> Schedule {
        Schedule(job: job, service: "bench", cron: try CronExpression(cron), misfire: misfire, description: "For a test.")
    }

    /// The decisions of a replica that has just learned of everything, when the clock stands so many seconds after adoption.
    private func decisions(_ store: TickStore, after seconds: Double) async throws -> [ScheduleCache.Decision] {
        var cache = ScheduleCache()
        let rows = try await store.changes(after: 0)
        #expect(cache.apply(rows).isEmpty)
        let adopted = try #require(rows.map(\.decidedThrough).min())
        return cache.decisions(now: adopted + seconds, lead: .seconds(1))
    }

    @Test("Of replicas that race each tick is claimed by one")
    func race() async throws {
        try await open { environment, replica in
            let jobs = (1...50).map { "bench.job-\($0)" }
            try await replica("zero").syncSchedules(try jobs.map { try schedule($0) }, zone: .utc)
            let decisions = try await decisions(replica("zero"), after: 90)
            #expect(decisions.count == jobs.count)
            let claimed = try await withThrowingTaskGroup(of: [ClaimedTick].self) { group in
                for number in 1...8 {
                    let store = replica("replica-\(number)")
                    // Each has the same in another order.
                    let mine = Array(decisions[(number * 6)...] + decisions[..<(number * 6)])
                    group.addTask { try await store.claim(mine).ticks }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claimed.count == Set(claimed.map(\.id)).count, "nothing is claimed twice")
            // Whoever found a row locked left it alone: one more try decides what is left, and nothing a second time.
            let rest = try await replica("zero").claim(decisions).ticks
            let expected = decisions.flatMap { $0.plan.misfired + $0.plan.due }.count
            #expect(claimed.count + rest.count == expected && Set((claimed + rest).map(\.id)).count == expected)
            #expect(try await environment.value("select count(*) from operations.ticks where status = 'claimed'", as: Int.self) == expected)
        }
    }

    @Test("A plan that was made on old knowledge is refused as a whole, and the position tells why")
    func stale() async throws {
        try await open { environment, replica in
            try await replica("a").syncSchedules(
                [try schedule("bench.moved"), try schedule("bench.changed"), try schedule("bench.paused")], zone: .utc)
            let old = try await decisions(replica("b"), after: 90)
            let moved = try #require(old.first { $0.job == "bench.moved" })
            #expect(try await replica("a").claim([moved]).decided == ["bench.moved"])
            try await environment.database.execute(
                "select operations.change_schedule('ada', 'bench.changed', '{\"misfire\": \"none\"}'), operations.change_schedule('ada', 'bench.paused', '{\"enabled\": false}')"
            )
            #expect(try await replica("b").claim(old) == TickStore.Claims())
            let positions = try await replica("b").positions(of: ["bench.moved"])
            #expect(positions.map(\.decidedThrough) == [moved.plan.decidedThrough] && positions.map(\.revision) == [moved.revision])
            #expect(try await environment.value("select count(*) from operations.ticks where job <> 'bench.moved'", as: Int.self) == 0)
        }
    }

    @Test("A decision that sends nothing is made all the same, and counted as missed")
    func onlyDropped() async throws {
        try await open { environment, replica in
            try await replica("a").syncSchedules([try schedule("bench.none", "* * * * *", .none)], zone: .utc)
            try await environment.database.execute("update operations.schedules set decided_through = '2026-06-01 12:00:10Z'")
            var cache = ScheduleCache()
            _ = cache.apply(try await replica("a").changes(after: 0))
            let decisions = cache.decisions(now: Date(timeIntervalSince1970: 1_780_315_200 + 655), lead: .seconds(1))
            let claims = try await replica("a").claim(decisions)
            #expect(claims.ticks.isEmpty && claims.decided == ["bench.none"])
            #expect(try await environment.value("select missed from operations.schedules", as: Int.self) == 10)
            #expect(try await environment.value("select decided_through = '2026-06-01 12:10:00Z' from operations.schedules", as: Bool.self) == true)
        }
    }

    @Test("A tick is taken over by one replica only, and not before its lease has ended")
    func takeOver() async throws {
        try await open { environment, replica in
            try await replica("a").syncSchedules(try (1...20).map { try schedule("bench.job-\($0)") }, zone: .utc)
            let claimed = try await replica("a").claim(try await decisions(replica("a"), after: 61)).ticks
            #expect(claimed.count == 20)
            #expect(try await replica("b").takeOver().isEmpty)
            try await environment.database.execute("update operations.ticks set lease_until = clock_timestamp() - interval '1 ms'")
            async let one = replica("b").takeOver()
            async let other = replica("c").takeOver()
            let taken = try await one + other
            #expect(Set(taken.map(\.id)) == Set(claimed.map(\.id)) && taken.count == 20)
            #expect(taken.sorted { $0.id < $1.id } == claimed.sorted { $0.id < $1.id })
            #expect(
                try await environment.value("select count(*) from operations.ticks where attempts = 2 and claimed_by in ('b', 'c')", as: Int.self)
                    == 20
            )
        }
    }

    @Test("A tick carries the fire time of the tick before, also across an override and when it is taken over, and the next one by its schedule")
    func fireTimes() async throws {
        try await open { environment, replica in
            let store = replica("a")
            try await store.syncSchedules([try schedule("bench.report", "0 23 * * *", .all)], zone: CronZone("Europe/Berlin"))
            func decide(from adopted: String, at now: String) async throws -> (ticks: [ClaimedTick], cache: ScheduleCache) {
                try await environment.database.execute(
                    "update operations.schedules set decided_through = $1", try #require(RFC3339.date(from: adopted)))
                var cache = ScheduleCache()
                _ = cache.apply(try await store.changes(after: 0))
                let decisions = cache.decisions(now: try #require(RFC3339.date(from: now)), lead: .seconds(1))
                return (try await store.claim(decisions).ticks.sorted { $0.scheduledFor < $1.scheduledFor }, cache)
            }
            func told(_ decided: (ticks: [ClaimedTick], cache: ScheduleCache)) throws -> [Tick] {
                try TickBatch.batches(decided.ticks, now: .distantFuture, decided.cache).flatMap(\.messages).map { message in
                    try Tick.decode(try #require(JSONObjectScanner(message.body)?.value("data"))[...])
                }
            }
            // Three evenings while the clock stood still; clocks go back on the second.
            let missed = try told(try await decide(from: "2026-10-24T00:00:00Z", at: "2026-10-26T22:01:00Z"))
            let evenings = ["2026-10-24T21:00:00Z", "2026-10-25T22:00:00Z", "2026-10-26T22:00:00Z"].map { RFC3339.date(from: $0) }
            #expect(missed.map(\.scheduledFor) == evenings.compactMap { $0 })
            #expect(missed.map(\.previousFireTime) == [RFC3339.date(from: "2026-10-23T21:00:00Z")] + evenings.dropLast())
            #expect(missed.map(\.nextFireTime) == evenings.dropFirst() + [RFC3339.date(from: "2026-10-27T22:00:00Z")])
            // From then on at six in the morning. What lies between the last evening and the first morning belongs to that morning.
            try await environment.database.execute("select operations.change_schedule('ada', 'bench.report', '{\"cron\": \"0 6 * * *\"}')")
            let morning = try await decide(from: "2026-10-27T12:00:00Z", at: "2026-10-28T05:00:00Z")
            let expected = [evenings.last ?? nil, RFC3339.date(from: "2026-10-28T05:00:00Z"), RFC3339.date(from: "2026-10-29T05:00:00Z")]
            #expect(try told(morning).flatMap { [$0.previousFireTime, $0.scheduledFor, $0.nextFireTime] } == expected)
            try await environment.database.execute("update operations.ticks set lease_until = clock_timestamp() - interval '1 ms'")
            let taken = try await replica("b").takeOver().sorted { $0.scheduledFor < $1.scheduledFor }
            #expect(taken.map(\.previous) == [nil] + evenings)
        }
    }

    @Test("The first answer settles a tick; a later one, and a lease given back too late, change nothing")
    func settle() async throws {
        try await open { environment, replica in
            try await replica("a").syncSchedules([try schedule("bench.one"), try schedule("bench.two")], zone: .utc)
            let ids = try await replica("a").claim(try await decisions(replica("a"), after: 61)).ticks.map(\.id).sorted()
            let now = Date(timeIntervalSince1970: 1_780_315_200)
            try await replica("a").settle([.init(id: ids[0], status: .published, at: now), .init(id: ids[1], status: .unroutable, at: now)])
            try await replica("b").settle([.init(id: ids[0], status: .unroutable, at: now + 9), .init(id: ids[1], status: .published, at: now + 9)])
            try await replica("a").giveBack(ids)
            let rows = try await environment.database.query(
                "select status || ' ' || published_by || ' ' || extract(epoch from published_at)::bigint from operations.ticks order by id",
                as: String.self)
            #expect(rows == ["published a 1780315200", "unroutable a 1780315200"])
            try await environment.database.execute("update operations.ticks set lease_until = now() - interval '1 h'")
            #expect(try await replica("b").takeOver().isEmpty)
        }
    }

    @Test("What is given back is free a second later, unless somebody else has it by then")
    func giveBack() async throws {
        try await open { environment, replica in
            try await replica("a").syncSchedules([try schedule("bench.mine"), try schedule("bench.theirs")], zone: .utc)
            let ids = try await replica("a").claim(try await decisions(replica("a"), after: 61)).ticks.map(\.id)
            try await environment.database.execute("update operations.ticks set claimed_by = 'b' where job = 'bench.theirs'")
            try await replica("a").giveBack(ids)
            let soon = try await environment.database.query(
                "select job from operations.ticks where lease_until < clock_timestamp() + interval '2 s'", as: String.self)
            #expect(soon == ["bench.mine"])
        }
    }

    @Test("The two newest ticks of a job stay, however old they are: the period of a monthly report lies between them")
    func newestStay() async throws {
        try await open { environment, replica in
            try await environment.database.execute(
                """
                insert into operations.ticks (id, job, scheduled_for, status, claimed_by, lease_until, published_at)
                select 'bench.monthly@' || day, 'bench.monthly', now() - make_interval(days => day), 'published', 'a', now(), now()
                  from unnest(array[40, 71, 102, 132]) as day
                """)
            #expect(try await replica("a").prune(before: Date().addingTimeInterval(-30 * 86_400), atMost: 100) == 2)
            let left = try await environment.database.query("select id from operations.ticks order by scheduled_for desc", as: String.self)
            #expect(left == ["bench.monthly@40", "bench.monthly@71"])
        }
    }

    @Test("Only settled ticks that are old enough are pruned, the oldest first, so many at a time")
    func prune() async throws {
        try await open { environment, replica in
            try await environment.database.execute(
                """
                insert into operations.ticks (id, job, scheduled_for, status, claimed_by, lease_until, published_at)
                select 'bench.old@' || day, 'bench.old', now() - make_interval(days => day), case when day = 40 then 'claimed' else 'published' end, 'a',
                       now() + interval '1 h', case when day <> 40 then now() end
                  from generate_series(25, 40) as day
                """)
            let end = Date().addingTimeInterval(-30 * 86_400 - 60)
            #expect(try await replica("a").prune(before: end, atMost: 4) == 4)
            #expect(try await environment.value("select count(*) from operations.ticks where id like '%@36' or id like '%@39'", as: Int.self) == 0)
            #expect(try await replica("a").prune(before: end, atMost: 100) == 5)
            let left = try await environment.database.query("select id from operations.ticks order by scheduled_for desc", as: String.self)
            #expect(left == (25...30).map { "bench.old@\($0)" } + ["bench.old@40"])
        }
    }
}
