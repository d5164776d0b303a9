import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Schedules
import Support
import Synchronization
import Testing

@testable import TickPublisher

/// A house whose every tick is heard, with a schedules document of the test.
struct ClockFixture: Sendable {
    let environment: TestEnvironment
    let listener: TickListener
    /// The document, for `SCHEDULES_FILE`.
    let document: String

    /// Opens the house with schedules `job cron misfire`, which are all of the service `bench` and in UTC.
    static func open(_ schedules: [(String, String, MisfirePolicy)], _ body: @escaping @Sendable (ClockFixture) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            let folder = FileManager.default.temporaryDirectory.appending(path: "ticks-\(UInt64.random(in: 0 ... .max))")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let file = folder.appending(path: "schedules.yaml")
            let lines = schedules.map {
                #"  - {job: \#($0), service: bench, cron: "\#($1)", zone: UTC, misfire: \#($2), description: "For a test."}"#
            }
            try Data((["version: 1", "schedules:"] + lines).joined(separator: "\n").utf8).write(to: file)
            let listener = try await TickListener.start(environment.broker)
            do {
                try await body(ClockFixture(environment: environment, listener: listener, document: file.path))
            } catch {
                try? await listener.stop()
                throw error
            }
            try await listener.stop()
        }
    }

    /// Runs a replica of the clock while the body runs.
    func ticking<T: Sendable>(_ body: (ServiceHost) async throws -> T) async throws -> T {
        try await environment.with(TickPublisher.self, settings: ["SCHEDULES_FILE": document], body)
    }

    /// Changes a schedule in the name of Ada.
    func change(_ job: String, _ change: String) async throws {
        try await environment.database.execute("select operations.change_schedule('ada', $1, $2::jsonb)", job, change)
    }

    /// What a clock that then did not run for so many seconds would have left: everything is decided up to then.
    func stoodStill(for seconds: Double, _ job: String) async throws {
        try await environment.database.execute(
            "update operations.schedules set decided_through = date_trunc('second', now()) - make_interval(secs => $1::float8) where job = $2",
            seconds, job)
    }

    /// Waits until so many different ticks of a job were heard.
    func heard(_ job: String, atLeast count: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws -> [ReceivedTick] {
        try await environment.eventually("\(count) ticks of \(job) are not heard", sourceLocation: sourceLocation) {
            Set(listener.ticks(of: job).map(\.id)).count >= count
        }
        return listener.ticks(of: job)
    }
}

/// A tick as a service would take it.
struct ReceivedTick: Sendable {
    let id: String
    let data: Tick
    let properties: AMQPProperties
    let arrived: Date
}

/// A queue that is bound to every tick.
final class TickListener: Sendable {
    private let heard = Mutex<[ReceivedTick]>([])
    private let broker: AMQPConnection
    private let queue: String
    private let deliveries: AMQPDeliveries
    private let listening = Mutex<Task<Void, Never>?>(nil)

    private init(_ broker: AMQPConnection, _ queue: String) {
        self.broker = broker
        self.queue = queue
        deliveries = broker.consume(queue, prefetch: 10_000)
    }

    static func start(_ broker: AMQPConnection) async throws -> TickListener {
        let queue = "listener.\(UInt64.random(in: 0 ... .max))"
        try await broker.declare(
            AMQPTopology(
                exchanges: ServiceTopology.exchanges.exchanges, queues: [.init(queue, durable: false, exclusive: true)],
                bindings: [.init(queue: queue, exchange: Exchange.ticks, routingKey: "#")]))
        let listener = TickListener(broker, queue)
        listener.listening.withLock { $0 = Task { await listener.listen() } }
        return listener
    }

    private func listen() async {
        for await batch in deliveries {
            let now = Date()
            let ticks = batch.compactMap { delivery -> ReceivedTick? in
                guard let envelope = try? Envelope(delivery), let tick = try? Tick.decode(envelope.data) else {
                    Issue.record("not a tick: \(String(decoding: delivery.body, as: UTF8.self))")
                    return nil
                }
                return ReceivedTick(id: envelope.id, data: tick, properties: delivery.properties, arrived: now)
            }
            heard.withLock { $0 += ticks }
            if let last = batch.last { broker.ack(through: last) }
        }
    }

    /// Hears nothing more; then no queue takes the ticks.
    func stop() async throws {
        await deliveries.stop()
        await listening.withLock { $0 }?.value
        try await broker.delete(queue: queue)
    }

    /// Everything that was heard so far.
    var ticks: [ReceivedTick] { heard.withLock { $0 } }

    func ticks(of job: String) -> [ReceivedTick] { ticks.filter { $0.data.job.rawValue == job } }
}
