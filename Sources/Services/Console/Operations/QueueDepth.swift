import AMQP
import Contracts
import Platform

/// How many messages are in a queue. Asked for by a passive declaration, which changes nothing.
struct QueueDepth: Codable, Sendable {
    let queue: String
    let messages: Int
    let consumers: Int

    var isParking: Bool { queue.hasSuffix(".parked") }

    /// The queues of all services; those that nobody has declared are left out.
    static func all(_ runtime: ServiceRuntime) async -> Result<[QueueDepth], any Error> {
        guard runtime.broker.isConnected else { return .failure(NoBroker()) }
        let queues = Set(JobName.all.map(\.service)).sorted().flatMap { QueueName.work(of: $0) + [QueueName.parked(of: $0)] }
        do {
            let depths = try await withThrowingTaskGroup(of: QueueDepth?.self) { group in
                for queue in queues {
                    group.addTask {
                        let status = try await runtime.broker.inspect(queue: queue)
                        return status.map { QueueDepth(queue: queue, messages: $0.messages, consumers: $0.consumers) }
                    }
                }
                return try await group.reduce(into: [QueueDepth]()) { depths, depth in if let depth { depths.append(depth) } }
            }
            return .success(depths.sorted { $0.queue < $1.queue })
        } catch {
            return .failure(error)
        }
    }

    /// What is wrong with these queues.
    static func findings(_ depths: [QueueDepth]) -> [StatusFinding] {
        depths.compactMap { depth in
            guard depth.messages > 0 else { return nil }
            if depth.isParking { return StatusFinding(kind: .parkedMessages, subject: depth.queue, count: depth.messages) }
            return depth.consumers == 0 ? StatusFinding(kind: .waitingMessages, subject: depth.queue, count: depth.messages, link: "/services") : nil
        }
    }

    /// There is no connection to the broker.
    struct NoBroker: Error, CustomStringConvertible {
        let description = "there is no connection to the broker"
    }
}
