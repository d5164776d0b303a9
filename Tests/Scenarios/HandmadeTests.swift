import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import LoyaltyNotifier
@testable import TicketsCache

@Suite("Messages published by hand")
struct HandmadeTests {
    @Test("A tick with an empty body, or with {}, is a manual trigger of its routing key, now", arguments: ["", "{}", " { }\n"])
    func emptyTick(body: String) async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    try await environment.publish(raw: body, to: Exchange.ticks, "tickets-cache.refresh-stale")
                    try await environment.eventually("select count(*) from operations.job_runs where outcome = 'succeeded'", 1)
                    let run = try #require(
                        try await environment.database.query(
                            "select job, trigger, dry_run, scheduled_for > now() - interval '1 minute' as now from operations.job_runs", as: Run.self
                        ).first)
                    #expect(run == Run(job: "tickets-cache.refresh-stale", trigger: "manual", dryRun: false, now: true))
                }
            }
        }
    }

    private struct Run: Decodable, Equatable, Sendable {
        let job: String
        let trigger: String
        let dryRun: Bool
        let now: Bool
    }

    @Test("A hand-made tick with a message_id is worked once, however often it is published")
    func tickTwice() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    for _ in 0..<3 { try await environment.publish(raw: "{}", to: Exchange.ticks, "tickets-cache.refresh-stale", id: "by-hand") }
                    let marker = try await environment.tick(.ticketsCacheRefreshStale, trigger: .manual)
                    _ = try await environment.ended(marker)
                    try await environment.eventually("the queue is empty") {
                        try await environment.broker.inspect(queue: "tickets-cache.ticks")?.messages == 0
                    }
                    #expect(try await environment.value("select count(*) from operations.job_runs where tick_id = 'by-hand'", as: Int.self) == 1)
                    #expect(try await environment.value("select count(*) from operations.job_runs", as: Int.self) == 2)
                }
            }
        }
    }

    @Test("A hand-made tick may name the instant, a dry run and parameters, and nothing else is asked of it")
    func tickWithData() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    let body = #"{"dryRun":true,"scheduledFor":"2026-03-01T02:00:00Z","parameters":{"note":"by hand"}}"#
                    try await environment.publish(raw: body, to: Exchange.ticks, "tickets-cache.refresh", id: "by-hand")
                    #expect(try await environment.ended("by-hand").outcome == .succeeded)
                    let right: SQL = """
                        select count(*) from operations.job_runs
                        where dry_run and scheduled_for = '2026-03-01T02:00:00Z' and details -> 'parameters' ->> 'note' = 'by hand'
                        """
                    #expect(try await environment.value(right, as: Int.self) == 1)
                }
            }
        }
    }

    @Test("A bare data object with a message_id is an event of its routing key; the same id twice is worked once")
    func bareData() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    let body = #"{"userId":7,"rideId":"R-1","completedAt":"2026-03-01T02:00:00+01:00"}"#
                    let other = #"{"userId":7,"rideId":"R-2","completedAt":"2026-03-01T02:00:00+01:00"}"#
                    try await environment.publish(raw: body, to: Exchange.events, "ride.completed", id: "hand-1")
                    // The same id again is dropped unread, even where it says something else.
                    try await environment.publish(raw: other, to: Exchange.events, "ride.completed", id: "hand-1")
                    try await environment.publish(raw: other, to: Exchange.events, "ride.completed", id: "hand-2")
                    try await environment.eventually("select count(*) from loyalty.inbox", 2)
                    #expect(try await environment.value("select rides from loyalty.members where user_id = 7", as: Int.self) == 2)
                }
            }
        }
    }

    @Test("A bare data object without a message_id cannot be told from its copy: it is parked")
    func bareDataWithoutID() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    let body = #"{"userId":7,"rideId":"R-1","completedAt":"2026-03-01T02:00:00Z"}"#
                    try await environment.publish(raw: body, to: Exchange.events, "ride.completed")
                    let parked = try await environment.parked("loyalty-notifier")
                    #expect(parked.reason.contains("message_id"))
                    #expect(try await environment.value("select count(*) from loyalty.rides", as: Int.self) == 0)
                }
            }
        }
    }
}
