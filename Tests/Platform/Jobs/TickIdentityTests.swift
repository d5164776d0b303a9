import AMQP
import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Platform

@Suite("Which run a tick belongs to")
struct TickIdentityTests {
    private let job = JobName.ticketsCacheRefreshStale

    private static let runs: SQL = "select count(*) from operations.job_runs"

    @Test(
        "A tick without an id that fails comes back as the same run, and so does its replay from the parking",
        arguments: ["", "{}", #"{"parameters":{}}"#])
    func copies(body: String) async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("insert into tickets.bytemark_tokens (user_id, token) values (500, 't')")
            try await environment.with(TestService<Flaky>.self) { _ in
                try await environment.publish(raw: body, to: Exchange.ticks, job.rawValue)
                let parked = try await environment.hurrying("tickets-cache.ticks") { try await environment.parked("tickets-cache") }
                #expect(parked.attempts == RetryPublisher.attempts)
                #expect(try await environment.value("select outcome from operations.job_runs", as: String.self) == "failed")
                let id = try await environment.value("select tick_id from operations.job_runs", as: String.self)
                #expect(parked.delivery.properties.messageID == id)
                try await environment.database.execute("delete from tickets.bytemark_tokens")
                try await environment.replay(parked)
                try await environment.eventually("select outcome from operations.job_runs", "succeeded")
                #expect(try await environment.value(Self.runs, as: Int.self) == 1)
            }
        }
    }

    @Test(
        "A tick without an id that the broker delivers again takes up the run that its first delivery began",
        arguments: ["", "{}", #"{"dryRun":false}"#])
    func redelivered(body: String) async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Flaky>.self) { _ in }
            try await environment.publish(raw: body, to: Exchange.ticks, job.rawValue)
            try await deliverOnce(environment)
            try await environment.standingRun(for: 0, body: body == #"{"dryRun":false}"# ? body : "")
            let ended = try await environment.with(TestService<Flaky>.self, settings: ["RUN_LEASE": "120"]) { _ in try await environment.ended("left")
            }
            #expect(ended.outcome == .succeeded)
            #expect(try await environment.value(Self.runs, as: Int.self) == 1)
        }
    }

    @Test("One that asks for something else, or is delivered for the first time, is a trigger of its own")
    func triggersOfTheirOwn() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Flaky>.self) { _ in }
            try await environment.publish(raw: #"{"dryRun":true}"#, to: Exchange.ticks, job.rawValue)
            try await deliverOnce(environment)
            try await environment.standingRun(for: 0, body: "")
            try await environment.publish(raw: "{}", to: Exchange.ticks, job.rawValue)
            try await environment.with(TestService<Flaky>.self, settings: ["RUN_LEASE": "120"]) { _ in
                try await environment.eventually("select outcome from operations.job_runs where dry_run", "succeeded")
                try await environment.eventually("select count(*) from operations.job_runs where outcome = 'skipped'", 1)
                // That wish is not lost: the run will look once more before it ends.
                #expect(
                    try await environment.value("select outcome || rerun_requested from operations.job_runs where tick_id = 'left'", as: String.self)
                        == "runningtrue")
            }
        }
    }

    @Test("A redelivered tick without an id whose run is over begins a new one")
    func nothingLeft() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Flaky>.self) { _ in }
            try await environment.publish(raw: "{}", to: Exchange.ticks, job.rawValue)
            try await deliverOnce(environment)
            try await environment.with(TestService<Flaky>.self) { _ in
                try await environment.eventually("select count(*) from operations.job_runs where outcome = 'succeeded'", 1)
            }
        }
    }

    @Test("The same id for ticks of two jobs makes a run of each, once")
    func sameIDForTwoJobs() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Flaky>.self) { _ in
                for _ in 0..<2 {
                    for job in [job, .ticketsCacheRefresh] {
                        try await environment.publish(raw: "{}", to: Exchange.ticks, job.rawValue, id: "1")
                    }
                    try await environment.eventually("select count(*) from operations.job_runs where outcome = 'succeeded'", 2)
                }
                _ = try await environment.ended(try await environment.tick(job))
                #expect(try await environment.value(Self.runs, as: Int.self) == 3)
            }
        }
    }

    @Test("A slice message that names the run of another job is parked, and that run is not touched")
    func foreignSlice() async throws {
        try await TestEnvironment.open { environment in
            let run = try await environment.standingRun(for: 0)
            try await environment.with(TestService<Flaky>.self, settings: ["RUN_LEASE": "120"]) { _ in
                for number in [1, Int.max] {
                    let tick = Tick(
                        job: .ticketsCacheRefresh, scheduledFor: environment.clock.now, trigger: .api, slice: .init(runId: run, number: number))
                    let message = try OutgoingMessage(
                        tick, exchange: Exchange.ticks, routingKey: tick.job.rawValue, from: "stranger", at: environment.clock.now, id: "s-\(number)")
                    #expect(try await environment.broker.publish([message.amqp]) == [.confirmed])
                    #expect(try await environment.parked("tickets-cache").reason.contains("there is no run \(run) of tickets-cache.refresh"))
                }
                #expect(try await environment.value("select outcome || slice from operations.job_runs", as: String.self) == "running1")
            }
        }
    }

    @Test("An id that no row can have is parked at once", arguments: [String(repeating: "x", count: 3000)])
    func impossibleID(id: String) async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Flaky>.self) { _ in
                let tick = Tick(job: job, scheduledFor: environment.clock.now, trigger: .manual)
                let message = try OutgoingMessage(
                    tick, exchange: Exchange.ticks, routingKey: job.rawValue, from: "stranger", at: environment.clock.now, id: id)
                var amqp = message.amqp
                amqp.properties.messageID = nil
                #expect(try await environment.broker.publish([amqp]) == [.confirmed])
                let parked = try await environment.parked("tickets-cache")
                #expect(parked.attempts == 1)
                #expect(parked.reason.contains("bytes"))
            }
        }
    }

    /// Has the broker deliver what waits once, to somebody who dies with it.
    private func deliverOnce(_ environment: TestEnvironment) async throws {
        var delivery: AMQPDelivery?
        try await environment.eventually("there is a tick") {
            delivery = try await environment.broker.get("tickets-cache.ticks")
            return delivery != nil
        }
        environment.broker.reject(try #require(delivery), requeue: true)
        try await environment.eventually("it is back in the queue") {
            try await environment.broker.inspect(queue: "tickets-cache.ticks")?.messages == 1
        }
    }
}
