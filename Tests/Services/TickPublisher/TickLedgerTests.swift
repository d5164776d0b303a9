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
struct TickLedgerTests {
    /// A house without a running clock, and ledgers of replicas that work as the clock's own role.
    private func open(_ body: @escaping @Sendable (TestHouse, @Sendable (String) -> TickLedger) async throws -> Void) async throws {
        try await TestHouse.open { house in
            let url = try #require(house.settings(role: TickPublisher.name).string("DATABASE_URL"))
            let client = PostgresClient(try PostgresConfiguration(url: url), logger: TestServers.logger)
            do {
                try await body(house) { TickLedger(database: client, replica: $0) }
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
    private func decisions(_ ledger: TickLedger, after seconds: Double) async throws -> [Timetable.Decision] {
        var timetable = Timetable()
        let rows = try await ledger.changes(after: 0)
        #expect(timetable.apply(rows).isEmpty)
        let adopted = try #require(rows.map(\.decidedThrough).min())
        return timetable.decisions(now: adopted + seconds, lead: .seconds(1))
    }

    @Test("Of replicas that race each tick is armed by one")
    func race() async throws {
        try await open { house, replica in
            let jobs = (1...50).map { "bench.job-\($0)" }
            try await replica("zero").adopt(try jobs.map { try schedule($0) }, zone: .utc)
            let decisions = try await decisions(replica("zero"), after: 90)
            #expect(decisions.count == jobs.count)
            let armed = try await withThrowingTaskGroup(of: [ArmedTick].self) { group in
                for number in 1...8 {
                    let ledger = replica("replica-\(number)")
                    // Each has the same in another order.
                    let mine = Array(decisions[(number * 6)...] + decisions[..<(number * 6)])
                    group.addTask { try await ledger.arm(mine).ticks }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(armed.count == Set(armed.map(\.id)).count, "nothing is armed twice")
            // Whoever found a row locked left it alone: one more try decides what is left, and nothing a second time.
            let rest = try await replica("zero").arm(decisions).ticks
            let expected = decisions.flatMap { $0.plan.misfired + $0.plan.due }.count
            #expect(armed.count + rest.count == expected && Set((armed + rest).map(\.id)).count == expected)
            #expect(try await house.value("select count(*) from operations.ticks where status = 'armed'", as: Int.self) == expected)
        }
    }

    @Test("A plan that was made on old knowledge is refused as a whole, and the position tells why")
    func stale() async throws {
        try await open { house, replica in
            try await replica("a").adopt([try schedule("bench.moved"), try schedule("bench.changed"), try schedule("bench.paused")], zone: .utc)
            let old = try await decisions(replica("b"), after: 90)
            let moved = try #require(old.first { $0.job == "bench.moved" })
            #expect(try await replica("a").arm([moved]).decided == ["bench.moved"])
            try await house.database.execute(
                "select operations.change_schedule('ada', 'bench.changed', '{\"misfire\": \"none\"}'), operations.change_schedule('ada', 'bench.paused', '{\"enabled\": false}')"
            )
            #expect(try await replica("b").arm(old) == TickLedger.Arming())
            let positions = try await replica("b").positions(of: ["bench.moved"])
            #expect(positions.map(\.decidedThrough) == [moved.plan.decidedThrough] && positions.map(\.revision) == [moved.revision])
            #expect(try await house.value("select count(*) from operations.ticks where job <> 'bench.moved'", as: Int.self) == 0)
        }
    }

    @Test("A decision that sends nothing is made all the same, and counted as missed")
    func onlyDropped() async throws {
        try await open { house, replica in
            try await replica("a").adopt([try schedule("bench.none", "* * * * *", .none)], zone: .utc)
            try await house.database.execute("update operations.schedules set decided_through = '2026-06-01 12:00:10Z'")
            var timetable = Timetable()
            _ = timetable.apply(try await replica("a").changes(after: 0))
            let decisions = timetable.decisions(now: Date(timeIntervalSince1970: 1_780_315_200 + 655), lead: .seconds(1))
            let arming = try await replica("a").arm(decisions)
            #expect(arming.ticks.isEmpty && arming.decided == ["bench.none"])
            #expect(try await house.value("select missed from operations.schedules", as: Int.self) == 10)
            #expect(try await house.value("select decided_through = '2026-06-01 12:10:00Z' from operations.schedules", as: Bool.self) == true)
        }
    }

    @Test("A tick is taken over by one replica only, and not before its lease has ended")
    func takeOver() async throws {
        try await open { house, replica in
            try await replica("a").adopt(try (1...20).map { try schedule("bench.job-\($0)") }, zone: .utc)
            let armed = try await replica("a").arm(try await decisions(replica("a"), after: 61)).ticks
            #expect(armed.count == 20)
            #expect(try await replica("b").takeOver().isEmpty)
            try await house.database.execute("update operations.ticks set lease_until = clock_timestamp() - interval '1 ms'")
            async let one = replica("b").takeOver()
            async let other = replica("c").takeOver()
            let taken = try await one + other
            #expect(Set(taken.map(\.id)) == Set(armed.map(\.id)) && taken.count == 20)
            #expect(taken.sorted { $0.id < $1.id } == armed.sorted { $0.id < $1.id })
            #expect(try await house.value("select count(*) from operations.ticks where attempts = 2 and armed_by in ('b', 'c')", as: Int.self) == 20)
        }
    }

    @Test("The first answer settles a tick; a later one, and a lease given back too late, change nothing")
    func settle() async throws {
        try await open { house, replica in
            try await replica("a").adopt([try schedule("bench.one"), try schedule("bench.two")], zone: .utc)
            let ids = try await replica("a").arm(try await decisions(replica("a"), after: 61)).ticks.map(\.id).sorted()
            let now = Date(timeIntervalSince1970: 1_780_315_200)
            try await replica("a").settle([.init(id: ids[0], status: .published, at: now), .init(id: ids[1], status: .unroutable, at: now)])
            try await replica("b").settle([.init(id: ids[0], status: .unroutable, at: now + 9), .init(id: ids[1], status: .published, at: now + 9)])
            try await replica("a").giveBack(ids)
            let rows = try await house.database.query(
                "select status || ' ' || published_by || ' ' || extract(epoch from published_at)::bigint from operations.ticks order by id",
                as: String.self)
            #expect(rows == ["published a 1780315200", "unroutable a 1780315200"])
            try await house.database.execute("update operations.ticks set lease_until = now() - interval '1 h'")
            #expect(try await replica("b").takeOver().isEmpty)
        }
    }

    @Test("What is given back is free a second later, unless somebody else has it by then")
    func giveBack() async throws {
        try await open { house, replica in
            try await replica("a").adopt([try schedule("bench.mine"), try schedule("bench.theirs")], zone: .utc)
            let ids = try await replica("a").arm(try await decisions(replica("a"), after: 61)).ticks.map(\.id)
            try await house.database.execute("update operations.ticks set armed_by = 'b' where job = 'bench.theirs'")
            try await replica("a").giveBack(ids)
            let soon = try await house.database.query(
                "select job from operations.ticks where lease_until < clock_timestamp() + interval '2 s'", as: String.self)
            #expect(soon == ["bench.mine"])
        }
    }

    @Test("Only settled ticks that are old enough are pruned, the oldest first, so many at a time")
    func prune() async throws {
        try await open { house, replica in
            try await house.database.execute(
                """
                insert into operations.ticks (id, job, scheduled_for, status, armed_by, lease_until, published_at)
                select 'bench.old@' || day, 'bench.old', now() - make_interval(days => day), case when day = 40 then 'armed' else 'published' end, 'a',
                       now() + interval '1 h', case when day <> 40 then now() end
                  from generate_series(25, 40) as day
                """)
            let end = Date().addingTimeInterval(-30 * 86_400 - 60)
            #expect(try await replica("a").prune(before: end, atMost: 4) == 4)
            #expect(try await house.value("select count(*) from operations.ticks where id like '%@36' or id like '%@39'", as: Int.self) == 0)
            #expect(try await replica("a").prune(before: end, atMost: 100) == 5)
            let left = try await house.database.query("select id from operations.ticks order by scheduled_for desc", as: String.self)
            #expect(left == (25...30).map { "bench.old@\($0)" } + ["bench.old@40"])
        }
    }
}
