import FoundationEssentials
import Platform

/// What waits in the queues and tables of all services, when their jobs last succeeded, and how many alerts are open.
struct Backlogs: Sendable {
    /// A queue that a service declares.
    struct Queue: Sendable {
        let name: String
        let service: String
        /// Whether it is consumed; delay queues and the queues of parked messages are not.
        let isConsumed: Bool
        /// Its messages, those in hand of consumers included; nil when nothing is known, or when there is no such queue.
        var messages: Int?
        /// How old the oldest message is; nil when there is none or nothing is known.
        var oldestSeconds: Int?
        /// For how long messages have waited and none was completed; nil when none wait.
        var stalledSeconds: Int?
        /// Whether somebody consumes it.
        var hasConsumer = false
    }

    /// What waits in the tables of a service.
    struct Tables: Decodable, Sendable {
        let service: String
        let outbox: Int
        /// How old the oldest message is.
        let outboxSeconds: Int?
        let deliveries: Int
        /// For how long the oldest delivery has been due.
        let deliveriesSeconds: Int?
        /// Deliveries that were bounced or parked within the last day.
        let failedDeliveries: Int
    }

    /// When a job last succeeded.
    struct LastSuccess: Decodable, Sendable {
        let job: String
        let at: Date
    }

    /// Open alerts of a kind.
    struct OpenAlerts: Decodable, Sendable {
        let kind: String
        let count: Int
    }

    var queues: [Queue]
    let tables: [Tables]
    let successes: [LastSuccess]
    let alerts: [OpenAlerts]
    /// Whether this process shows them on `/metrics`: of several replicas the one that has run longest does.
    let isShown: Bool
    let taken = ContinuousClock.now

    /// Older figures are not shown.
    static let longestAge = Duration.seconds(300)

    /// For `/metrics`.
    var gauges: [GaugeSample] {
        let age = ContinuousClock.now - taken
        guard isShown, age < Self.longestAge else { return [] }
        var samples = [Metric.figuresAge.sample(age.timeInterval)]
        for queue in queues {
            guard let messages = queue.messages else { continue }
            samples.append(Metric.queueMessages.sample(Double(messages), queue.name))
            if queue.isConsumed { samples.append(Metric.queueOldest.sample(Double(queue.oldestSeconds ?? 0), queue.name)) }
        }
        for table in tables {
            samples.append(Metric.outboxWaiting.sample(Double(table.outbox), table.service))
            samples.append(Metric.outboxOldest.sample(Double(table.outboxSeconds ?? 0), table.service))
            samples.append(Metric.deliveriesWaiting.sample(Double(table.deliveries), table.service))
            samples.append(Metric.deliveriesOldest.sample(Double(table.deliveriesSeconds ?? 0), table.service))
        }
        samples += successes.map { Metric.jobLastSuccess.sample($0.at.timeIntervalSince1970.rounded(), $0.job) }
        return samples + alerts.map { Metric.alertsOpen.sample(Double($0.count), $0.kind) }
    }
}
