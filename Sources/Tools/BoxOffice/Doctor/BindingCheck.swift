import AMQP
import FoundationEssentials
import Platform

/// Whether the queues of the services are bound as Contracts/asyncapi.yaml says. A question goes through the exchange by each routing key, and one
/// straight to each queue; the consumers answer in the order in which they get them.
struct BindingCheck: Sendable {
    /// How long a consumer may take to answer.
    private static let patience = Duration.seconds(5)
    /// How much longer other replicas of a service that has answered may take.
    private static let grace = Duration.milliseconds(500)

    let expected: ExpectedTopology

    func results(_ broker: AMQPConnection, services: [String]) async -> [CheckResult] {
        do {
            let heard = try await ask(broker)
            return services.flatMap { service in expected.queues(of: service).compactMap { result($0.name, heard) } }
        } catch {
            return [.fail("bindings", "\(error)")]
        }
    }

    /// Those of queues that somebody consumes; nobody answers at the others.
    private var bindings: [AMQPTopology.Binding] {
        expected.bindings.filter { $0.queue.hasSuffix(".ticks") || $0.queue.hasSuffix(".events") }
    }

    private func result(_ queue: String, _ heard: Set<[String]>) -> CheckResult? {
        let wanted = bindings.filter { $0.queue == queue }
        guard !wanted.isEmpty else { return nil }
        let what = "bindings of \(queue)"
        guard heard.contains(["", queue, queue]) else { return .skip(what, "its consumer does not answer, so they are not seen") }
        let missing = wanted.filter { !heard.contains([$0.exchange, $0.routingKey, queue]) }
        guard missing.isEmpty else {
            let list = missing.map { "\($0.routingKey) of \($0.exchange)" }.joined(separator: ", ")
            return .fail(what, "it is not bound to \(list); the service binds it again within a minute")
        }
        return .ok(what, "\(wanted.count) as \(ExpectedTopology.document) says")
    }

    /// Asks by every binding and every queue.
    /// - Returns: what was answered: exchange, routing key, queue.
    private func ask(_ broker: AMQPConnection) async throws -> Set<[String]> {
        let ways = bindings.map { [$0.exchange, $0.routingKey] } + bindings.map { ["", $0.queue] }
        var answers: [String: String] = [:]
        for exchange in Set(ways.map { $0[0] }) { answers[exchange] = "\(BindingProbe.answers)\(UUID().uuidString)" }
        try await broker.declare(.init(queues: answers.values.map { .init($0, durable: false, exclusive: true) }))
        // A consumer answers through its service's own exchange: it may publish nowhere else.
        for exchange in Set(expected.services.map(Exchange.retry)) where try await broker.exists(exchange: exchange) {
            try await broker.declare(.init(bindings: answers.values.map { .init(queue: $0, exchange: exchange, routingKey: $0) }))
        }
        var asked: Set<[String]> = []
        // Those straight to the queues come last: who has answered them has got all the others.
        for way in ways where asked.insert(way).inserted {
            _ = try await broker.publish([BindingProbe.ask(way[0], way[1], answerTo: answers[way[0]] ?? "")], timeout: Self.patience)
        }
        return try await listen(broker, answers, until: Set(bindings.map { ["", $0.queue, $0.queue] }))
    }

    private func listen(_ broker: AMQPConnection, _ answers: [String: String], until all: Set<[String]>) async throws -> Set<[String]> {
        var heard: Set<[String]> = []
        var deadline = ContinuousClock.now + Self.patience
        var isComplete = false
        while ContinuousClock.now < deadline {
            for (exchange, queue) in answers {
                while let delivery = try await broker.get(queue) {
                    broker.ack(delivery)
                    if let answer = BindingProbe.read(delivery) { heard.insert([exchange, answer.routingKey, answer.queue]) }
                }
            }
            if !isComplete, all.isSubset(of: heard) {
                isComplete = true
                deadline = ContinuousClock.now + Self.grace
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        return heard
    }
}
