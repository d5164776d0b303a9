import AMQP
import Foundation
import Logging
import Testing

/// The broker that the tests share (`TEST_AMQP_URL`, an administrator's URL).
enum Broker {
    static let url = ProcessInfo.processInfo.environment["TEST_AMQP_URL"] ?? ""

    static func configuration(_ url: String = url) throws -> AMQPConfiguration {
        try AMQPConfiguration(url: url, connectionName: "AMQPTests")
    }

    /// A name that no other test uses.
    static func name(_ purpose: String) -> String { "test.\(purpose).\(UInt64.random(in: 0...UInt64.max))" }
}

/// Runs a connection around `body`; what `body` declared as exclusive goes away with it.
func withConnection<Result: Sendable>(
    _ configuration: AMQPConfiguration? = nil, topology: AMQPTopology = .init(), logger: Logger = .silent,
    _ body: @escaping @Sendable (AMQPConnection) async throws -> Result
) async throws -> Result {
    let connection = AMQPConnection(try configuration ?? Broker.configuration(), topology: topology, logger: logger)
    let run = Task { try await connection.run() }
    do {
        try await connection.connected()
        let result = try await body(connection)
        run.cancel()
        try await run.value
        return result
    } catch {
        run.cancel()
        try? await run.value
        throw error
    }
}

/// An exclusive queue, alone in a topology.
func exclusive(_ queue: String, arguments: AMQPTable = [:]) -> AMQPTopology {
    AMQPTopology(queues: [.init(queue, durable: false, exclusive: true, arguments: arguments)])
}

/// A message for a queue, through the default exchange.
func message(to queue: String, _ text: String) -> AMQPMessage {
    AMQPMessage(exchange: "", routingKey: queue, properties: .init(contentType: "text/plain", messageID: text), body: Array(text.utf8))
}

extension AMQPDelivery {
    var text: String { String(decoding: body, as: UTF8.self) }
}

extension AMQPDeliveries {
    /// The next `count` deliveries, in their batches.
    func batches(_ count: Int) async -> [[AMQPDelivery]] {
        var batches: [[AMQPDelivery]] = []
        var iterator = makeAsyncIterator()
        while batches.joined().count < count, let batch = await iterator.next() { batches.append(batch) }
        return batches
    }

    /// The next `count` deliveries.
    func take(_ count: Int) async -> [AMQPDelivery] { Array(await batches(count).joined()) }
}

extension Logger {
    static var silent: Logger { Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() } }
}

/// Waits for a condition that must come true; the limit is there for hangs only.
func eventually(_ what: String, within limit: Duration = .seconds(60), _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < end else { throw NeverHappened(what: what) }
        try await Task.sleep(for: .milliseconds(5))
    }
}

struct NeverHappened: Error { let what: String }
