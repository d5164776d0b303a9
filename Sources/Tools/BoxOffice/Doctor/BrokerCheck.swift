import AMQP
import FoundationEssentials
import Migrations
import Platform

/// Checks that the broker accepts our login and has the exchanges and queues of Contracts/asyncapi.yaml, with the same
/// arguments. Missing ones are not created.
struct BrokerCheck: Sendable {
    func results() async -> [CheckResult] {
        do {
            return try await Connections.withBroker(declaring: .init()) { broker in
                await topology(broker)
            }
        } catch {
            return [.fail("broker", "\(error)")] + ["topology", "parked messages"].map { .skip($0, "the broker is needed for it") }
        }
    }

    private func alarm(_ broker: AMQPConnection) async -> CheckResult {
        do {
            try await broker.demandThatItTakesMessages()
            return .ok("broker", "\(Self.name(broker.brokerVersion)) lets us in and takes messages")
        } catch {
            return .fail("broker", "lets us in, but: \(error)")
        }
    }

    /// The broker's name and version, with a warning about its behaviour.
    static func name(_ version: String?) -> String {
        guard let version, let major = version.split(separator: ".").first.flatMap({ Int($0) }) else { return "a broker of unknown version" }
        guard major >= 4 else { return "RabbitMQ \(version)" }
        return "RabbitMQ \(version) (drops what was given back 20 times unless a policy sets delivery-limit, see docs/once.md)"
    }

    private func topology(_ broker: AMQPConnection) async -> [CheckResult] {
        do {
            let expected = try ExpectedTopology.embedded()
            var results = [await exchanges(expected.exchanges, broker)]
            for service in Domain.all.map(\.service) {
                let queues = expected.queues(of: service)
                guard !queues.isEmpty else { continue }
                results += await self.queues(queues, of: service, broker)
            }
            let alarm = await alarm(broker)
            // A broker that is short of memory does not answer a connection that has published.
            guard alarm.status == .ok else {
                return [alarm] + results + ["bindings", "parked messages"].map { .skip($0, "the broker takes no messages") }
            }
            return [alarm] + results + (await BindingCheck(expected: expected).results(broker, services: Domain.all.map(\.service)))
                + (await ParkedCheck().results(broker))
        } catch {
            return [.ok("broker", "lets us in"), .fail("topology", "\(error)")]
        }
    }

    private func exchanges(_ exchanges: [AMQPTopology.Exchange], _ broker: AMQPConnection) async -> CheckResult {
        var problems: [String] = []
        for exchange in exchanges {
            await note(exchange.name, in: &problems) {
                try await broker.exists(exchange: exchange.name)
            } declare: {
                try await broker.declare(.init(exchanges: [exchange]))
            }
        }
        return result("exchanges", problems, fine: exchanges.map(\.name).joined(separator: ", "))
    }

    private func queues(_ queues: [AMQPTopology.Queue], of service: String, _ broker: AMQPConnection) async -> [CheckResult] {
        var problems: [String] = []
        var unread: [String] = []
        var waiting = 0
        var parked = 0
        for queue in queues {
            await note(queue.name, in: &problems) {
                guard let status = try await broker.inspect(queue: queue.name) else { return false }
                if queue.name == QueueName.parked(of: service) { parked += status.messages } else { waiting += status.messages }
                if QueueName.work(of: service).contains(queue.name), status.consumers == 0 {
                    unread.append("\(queue.name) (\(status.messages) wait)")
                }
                return true
            } declare: {
                try await broker.declare(.init(queues: [queue]))
            }
        }
        let consumers = CheckResult.fail(
            "consumers of \(service)", "nobody consumes \(unread.joined(separator: ", ")): start \(service), or see its log")
        return [
            result(
                "queues of \(service)", problems,
                fine: "\(queues.count) as \(ExpectedTopology.document) says; \(waiting) messages wait, \(parked) are parked")
        ] + (unread.isEmpty ? [] : [consumers])
    }

    /// A declaration that equals the existing one changes nothing, and the broker refuses one that differs.
    private func note(_ name: String, in problems: inout [String], exists: () async throws -> Bool, declare: () async throws -> Void) async {
        do {
            guard try await exists() else {
                problems.append("\(name) is not there")
                return
            }
            try await declare()
        } catch {
            problems.append("\(name): \(error)")
        }
    }

    private func result(_ what: String, _ problems: [String], fine: String) -> CheckResult {
        guard !problems.isEmpty else { return .ok(what, fine) }
        return .fail(what, problems.prefix(3).joined(separator: "; ") + (problems.count > 3 ? " and \(problems.count - 3) more" : ""))
    }
}
