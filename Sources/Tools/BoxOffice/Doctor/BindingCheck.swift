import AMQP
import FoundationEssentials
import Platform

/// Checks that the queues of the services are bound as Contracts/asyncapi.yaml says. A probe message is published to
/// the exchange with each routing key, and one directly to each queue; the consumers answer in the order in which they
/// receive them.
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

    /// The bindings of queues with a consumer; probes to other queues are not answered.
    private var bindings: [AMQPTopology.Binding] {
        let work = Set(expected.services.flatMap(QueueName.work))
        return expected.bindings.filter { work.contains($0.queue) }
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

    /// Publishes a probe through every binding and to every queue.
    /// - Returns: the answers: exchange, routing key, queue.
    private func ask(_ broker: AMQPConnection) async throws -> Set<[String]> {
        let ways = bindings.map { [$0.exchange, $0.routingKey] } + bindings.map { ["", $0.queue] }
        var answers: [String: String] = [:]
        for exchange in Set(ways.map { $0[0] }) { answers[exchange] = "\(BindingProbe.answers)\(UUID().uuidString)" }
        try await broker.declare(.init(queues: answers.values.map { .init($0, durable: false, exclusive: true) }))
        // A consumer answers through its service's own exchange: it may not publish to others.
        for exchange in Set(expected.services.map(Exchange.retry)) where try await broker.exists(exchange: exchange) {
            try await broker.declare(.init(bindings: answers.values.map { .init(queue: $0, exchange: exchange, routingKey: $0) }))
        }
        var asked: Set<[String]> = []
        // The probes directly to the queues come last: a consumer that has answered one has received all the others.
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
