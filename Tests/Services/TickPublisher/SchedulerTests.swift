import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Schedules
import Support
import Testing

@testable import TickPublisher

@Suite("tick-publisher publishes")
struct SchedulerTests {
    private let everySecond: [(String, String, MisfirePolicy)] = [("bench.second", "* * * * * *", .all)]

    @Test("A tick comes at its instant, says what it is for, and is recorded as published")
    func onTime() async throws {
        try await ClockFixture.open(everySecond) { ticks in
            try await ticks.ticking { _ in
                let heard = try await ticks.heard("bench.second", atLeast: 4)
                for tick in heard {
                    #expect(tick.id == "bench.second@\(RFC3339.string(from: tick.data.scheduledFor))" && tick.properties.messageID == tick.id)
                    #expect(tick.data.trigger == .schedule && tick.data.misfire == .all && !tick.data.dryRun && tick.data.slice == nil)
                    #expect(tick.properties.contentType == "application/cloudevents+json" && tick.properties.persistent)
                    #expect(tick.arrived >= tick.data.scheduledFor, "never before its time")
                }
                let ids = heard.map(\.id)
                try await ticks.environment.eventually(
                    "select count(*) from operations.ticks where id = any($1::text[]) and status = 'published' and attempts = 1 and not misfired",
                    ids.count, [ids])
            }
        }
    }

    @Test("The ticks of a thousand schedules come together, each once")
    func thousand() async throws {
        let schedules = (1...1_000).map { ("bench.tick-\($0)", "*/2 * * * * *", MisfirePolicy.none) }
        try await ClockFixture.open(schedules) { ticks in
            try await ticks.ticking { _ in
                try await ticks.environment.eventually("two instants with all of their ticks are not heard") {
                    Dictionary(grouping: ticks.listener.ticks, by: \.data.scheduledFor).values.filter { $0.count == 1_000 }.count >= 2
                }
            }
            // The clock has stopped; the last of its ticks may still be on their way to us.
            let published = Set(
                try await ticks.environment.database.query("select id from operations.ticks where status = 'published'", as: String.self))
            try await ticks.environment.eventually("ticks that were published are not heard") {
                published.isSubset(of: ticks.listener.ticks.map(\.id))
            }
            let heard = ticks.listener.ticks
            #expect(Set(heard.map(\.id)).count == heard.count)
            let decided = try await ticks.environment.database.query("select count(*) from operations.ticks group by scheduled_for", as: Int.self)
            #expect(decided.allSatisfy { $0 == 1_000 }, "they are not decided together")
        }
    }

    @Test("Paused there are no ticks, resumed they come again, and those in between were never due")
    func pausedAndResumed() async throws {
        try await ClockFixture.open(everySecond + [("bench.other", "* * * * * *", .none)]) { ticks in
            try await ticks.ticking { _ in
                _ = try await ticks.heard("bench.second", atLeast: 1)
                try await ticks.change("bench.second", #"{"enabled": false}"#)
                // The other schedule shows that the clock goes on meanwhile.
                var last = Date.distantPast
                try await ticks.environment.eventually("the pause is not noticed, or the clock stands still") {
                    last = ticks.listener.ticks(of: "bench.second").map(\.data.scheduledFor).max() ?? last
                    return ticks.listener.ticks(of: "bench.other").contains { $0.data.scheduledFor > last + 5 }
                }
                let resumed = Date()
                try await ticks.change("bench.second", #"{"enabled": true}"#)
                try await ticks.environment.eventually("no ticks after it was resumed") {
                    ticks.listener.ticks(of: "bench.second").contains { $0.data.scheduledFor > resumed }
                }
                let between = ticks.listener.ticks(of: "bench.second").filter { $0.data.scheduledFor > last && $0.data.scheduledFor <= resumed }
                #expect(between.isEmpty)
            }
        }
    }

    @Test("An override is followed within seconds, and taken back the document holds again")
    func overridden() async throws {
        try await ClockFixture.open([("bench.yearly", "@yearly", .latest)]) { ticks in
            try await ticks.ticking { _ in
                try await ticks.environment.eventually("select count(*) from operations.schedules", 1)
                try await ticks.change("bench.yearly", #"{"cron": "* * * * * *", "misfire": "none"}"#)
                let heard = try await ticks.heard("bench.yearly", atLeast: 2)
                #expect(heard.allSatisfy { $0.data.misfire == Tick.Misfire.none })
                try await ticks.change("bench.yearly", #"{"cron": null, "misfire": null}"#)
                let changes = try await ticks.environment.database.query(
                    "select field || ':' || coalesce(to_value, '') from operations.schedule_changes where changed_by = 'ada' order by id",
                    as: String.self)
                #expect(changes == ["cron_override:* * * * * *", "misfire_override:none", "cron_override:", "misfire_override:"])
            }
        }
    }

    @Test("An override that is no expression is noted on its schedule, and the others go on")
    func unreadableOverride() async throws {
        try await ClockFixture.open(everySecond + [("bench.bad", "@hourly", .latest)]) { ticks in
            try await ticks.ticking { _ in
                _ = try await ticks.heard("bench.second", atLeast: 1)
                try await ticks.change("bench.bad", #"{"cron": "61 * * * *"}"#)
                try await ticks.environment.eventually(
                    "select coalesce(problem, '') like '%61%' from operations.schedules where job = 'bench.bad'", true)
                let count = ticks.listener.ticks(of: "bench.second").count
                _ = try await ticks.heard("bench.second", atLeast: count + 2)
            }
        }
    }

    @Test(
        "After an hour without a clock the policy says which of the missed ticks are sent",
        arguments: [(MisfirePolicy.latest, 1, 11), (.all, 12, 0), (.none, 0, 12)])
    func downtime(policy: MisfirePolicy, sent: Int, dropped: Int) async throws {
        try await ClockFixture.open([("bench.five", "@yearly", policy), ("bench.second", "* * * * * *", .none)]) { ticks in
            // Adopted by a first clock, which then stops for an hour.
            try await ticks.ticking { _ in _ = try await ticks.heard("bench.second", atLeast: 1) }
            // Every five minutes, the last time two minutes ago.
            let minute = (Int(Date().timeIntervalSince1970) / 60 + 3) % 5
            try await ticks.change("bench.five", #"{"cron": "\#(minute)-59/5 * * * *"}"#)
            try await ticks.stoodStill(for: 3_600, "bench.five")
            try await ticks.ticking { _ in
                try await ticks.environment.eventually("select missed from operations.schedules where job = 'bench.five'", dropped)
                let heard = try await ticks.heard("bench.five", atLeast: sent)
                let count = ticks.listener.ticks(of: "bench.second").count
                _ = try await ticks.heard("bench.second", atLeast: count + 2)
                #expect(heard.count == sent && heard.map(\.data.scheduledFor) == heard.map(\.data.scheduledFor).sorted())
                #expect(ticks.listener.ticks(of: "bench.five").count == sent)
                #expect(
                    try await ticks.environment.value("select count(*) from operations.ticks where job = 'bench.five' and misfired", as: Int.self)
                        == sent)
            }
        }
    }

    @Test("A tick that no queue takes is dropped and recorded as unroutable")
    func unroutable() async throws {
        try await ClockFixture.open(everySecond) { ticks in
            try await ticks.listener.stop()
            try await ticks.ticking { _ in
                try await ticks.environment.eventually("select count(*) >= 2 from operations.ticks where status = 'unroutable'", true)
            }
            #expect(try await ticks.environment.value("select count(*) from operations.ticks where status = 'published'", as: Int.self) == 0)
        }
    }

    @Test("A tick whose publisher died is published by another one with the same id")
    func takenOver() async throws {
        try await ClockFixture.open([("bench.yearly", "@yearly", .all)]) { ticks in
            let instant = Date(timeIntervalSince1970: 1_780_315_200)
            let id = "bench.yearly@\(RFC3339.string(from: instant))"
            try await ticks.environment.database.execute(
                """
                insert into operations.ticks (id, job, scheduled_for, claimed_by, lease_until)
                values ($1, 'bench.yearly', $2, 'tick-publisher@gone/1', now() - interval '1 second')
                """, id, instant)
            try await ticks.ticking { _ in
                let heard = try await ticks.heard("bench.yearly", atLeast: 1)
                #expect(heard.map(\.id) == [id] && heard.first?.data.scheduledFor == instant && heard.first?.data.misfire == .all)
                try await ticks.environment.eventually("select count(*) from operations.ticks where status = 'published' and attempts = 2", 1)
            }
        }
    }

    @Test("Two replicas, one stopped and started again and again: each fire time is one tick")
    func replicas() async throws {
        let jobs = (1...5).map { "bench.job-\($0)" }
        try await ClockFixture.open(jobs.map { ($0, "* * * * * *", .all) }) { ticks in
            try await ticks.ticking { _ in
                for round in 1...3 {
                    try await ticks.ticking { _ in _ = try await ticks.heard("bench.job-1", atLeast: round * 3) }
                }
                let count = ticks.listener.ticks(of: "bench.job-1").count
                _ = try await ticks.heard("bench.job-1", atLeast: count + 2)
            }
            let heard = ticks.listener.ticks
            #expect(Set(heard.map(\.id)).count == heard.count, "no tick comes twice")
            for job in jobs {
                let instants = ticks.listener.ticks(of: job).map { Int($0.data.scheduledFor.timeIntervalSince1970) }.sorted()
                let first = try #require(instants.first)
                #expect(instants == Array(first..<first + instants.count), "no fire time of \(job) is left out")
            }
            #expect(
                try await ticks.environment.value("select count(*) from operations.ticks where status = 'published'", as: Int.self) == heard.count)
        }
    }

    @Test("A replica whose clock is wrong decides nothing, says so, and goes on when it is right again", arguments: [3_600.0, -3_600])
    func wrongClock(difference: Double) async throws {
        try await ClockFixture.open(everySecond) { ticks in
            try await ticks.ticking { host in
                _ = try await ticks.heard("bench.second", atLeast: 1)
                ticks.environment.clock.set(Date() + difference)
                try await ticks.environment.eventually("the wrong clock is not noticed") {
                    host.runtime.conditions.missing?.contains("its clock") == true
                }
                let count = try await ticks.environment.value("select count(*) from operations.ticks", as: Int.self)
                #expect(
                    try await ticks.environment.value(
                        "select count(*) from operations.ticks where scheduled_for > clock_timestamp() + interval '5 s'", as: Int.self) == 0)
                ticks.environment.clock.run()
                try await ticks.environment.eventually("the clock does not go on") {
                    try await ticks.environment.value("select count(*) from operations.ticks", as: Int.self) ?? 0 > (count ?? 0) + 2
                }
                #expect(host.runtime.conditions.missing == nil)
            }
        }
    }

    @Test("A schedule that is decided into the future is pulled back, and none of its ticks comes twice", arguments: [true, false])
    func decidedAhead(whileRunning: Bool) async throws {
        try await ClockFixture.open(everySecond) { ticks in
            @Sendable func jump() async throws {
                try await ticks.environment.database.execute("update operations.schedules set decided_through = now() + interval '1 day'")
            }
            @Sendable func goesOn() async throws {
                let count = Set(ticks.listener.ticks.map(\.id)).count
                _ = try await ticks.heard("bench.second", atLeast: count + 3)
            }
            try await ticks.ticking { _ in
                try await goesOn()
                try await jump()
                if whileRunning { try await goesOn() }
            }
            if !whileRunning { try await ticks.ticking { _ in try await goesOn() } }
            let ids = ticks.listener.ticks.map(\.id)
            #expect(Set(ids).count == ids.count)
            #expect(
                try await ticks.environment.value(
                    "select decided_through < clock_timestamp() + interval '5 s' from operations.schedules", as: Bool.self)
                    == true)
        }
    }
}
