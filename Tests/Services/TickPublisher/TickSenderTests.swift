import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Schedules
import Support
import Testing

@testable import TickPublisher

@Suite("Sending ticks")
struct TickSenderTests {
    /// A sender as the clock has it, on a house where nothing else ticks, and claimed ticks of an instant.
    private func open(
        _ count: Int, at instant: Date, _ body: @escaping @Sendable (ClockFixture, TickSender, TickBatch) async throws -> Void
    ) async throws {
        try await ClockFixture.open([("bench.yearly", "@yearly", .none)]) { ticks in
            try await ticks.ticking { host in
                try await ticks.environment.eventually("select count(*) from operations.schedules", 1)
                let store = TickStore(database: host.runtime.database, replica: "sender")
                let sender = TickSender(
                    runtime: host.runtime, store: store, metrics: TickMetrics(), warnings: WarnOnce(host.runtime.logger))
                let claimed = (1...count).map {
                    ClaimedTick(id: "bench.tick-\($0)@\(RFC3339.string(from: instant))", job: "bench.tick-\($0)", scheduledFor: instant)
                }
                try await ticks.environment.database.execute(
                    """
                    insert into operations.ticks (id, job, scheduled_for, claimed_by, lease_until)
                    select id, job, $3, 'sender', now() + interval '1 hour' from unnest($1::text[], $2::text[]) as tick(id, job)
                    """, claimed.map(\.id), claimed.map(\.job), instant)
                let batches = try TickBatch.batches(claimed, now: host.runtime.clock.now, ScheduleCache())
                try await body(ticks, sender, try #require(batches.first))
            }
        }
    }

    private var soon: Date { Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.up) + 1) }
    private var farAway: Date { Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.up) + 600) }

    @Test("Ticks of one instant are staged in batches of a bounded size, every tick in one of them")
    func batches() throws {
        let instant = farAway
        let claimed = (1...1_001).map { ClaimedTick(id: "\($0)", job: "bench.tick-\($0)", scheduledFor: instant) }
        let batches = try TickBatch.batches(claimed, now: Date(), ScheduleCache())
        #expect(batches.map(\.ticks.count) == [250, 250, 250, 250, 1] && batches.allSatisfy { $0.instant == instant })
        #expect(Set(batches.flatMap(\.ticks).map(\.id)).count == 1_001)
        // What is late goes together, so that it comes in its order.
        #expect(try TickBatch.batches(claimed, now: instant, ScheduleCache()).map(\.ticks.count) == [1_001])
    }

    @Test("A staged tick is not there before its instant")
    func staged() async throws {
        let instant = soon
        try await open(20, at: instant) { ticks, sender, batch in
            await sender.send(batch)
            try await ticks.environment.eventually("the ticks are not heard") { ticks.listener.ticks.count >= 20 }
            #expect(ticks.listener.ticks.allSatisfy { $0.arrived >= instant })
            #expect(Set(ticks.listener.ticks.map(\.id)).count == 20 && ticks.listener.ticks.count == 20)
            try await ticks.environment.eventually("select count(*) from operations.ticks where status = 'published'", 20)
        }
    }

    @Test("What had no queue when it was staged is published the ordinary way, which looks again")
    func queueCameLater() async throws {
        try await open(3, at: farAway) { ticks, sender, batch in
            try await ticks.listener.stop()
            let staged = try #require(await sender.stage(batch))
            let late = try await TickListener.start(ticks.environment.broker)
            let open = await sender.commit(staged, batch, until: .now + .seconds(60))
            #expect(open.ticks == batch.ticks)
            #expect(try await ticks.environment.broker.publish(open.messages) == Array(repeating: .confirmed, count: 3))
            try await ticks.environment.eventually("the ticks are not heard") { late.ticks.count >= 3 }
            try await late.stop()
        }
    }

    @Test("A batch that the broker does not hold any more is open again as a whole")
    func lost() async throws {
        try await open(3, at: farAway) { ticks, sender, batch in
            let staged = try #require(await sender.stage(batch))
            staged.rollback()
            #expect(await sender.commit(staged, batch, until: .now + .seconds(60)).ticks == batch.ticks)
        }
    }

    @Test("A sender that is cancelled before the instant publishes nothing")
    func cancelled() async throws {
        try await open(3, at: farAway) { ticks, sender, batch in
            let sending = Task { await sender.send(batch) }
            sending.cancel()
            await sending.value
            // What the broker has been told of before this is behind us.
            _ = try await ticks.environment.broker.publish(batch.keeping([0]).messages)
            try await ticks.environment.eventually("the message behind them is not heard") { !ticks.listener.ticks.isEmpty }
            #expect(ticks.listener.ticks.count == 1)
            #expect(try await ticks.environment.value("select count(*) from operations.ticks where status = 'claimed'", as: Int.self) == 3)
        }
    }
}
