import AMQP
import Contracts
import FoundationEssentials
import Platform
import Schedules

/// Ticks that are published together, encoded ahead of their time so that they can be staged.
struct TickBatch: Sendable {
    /// As many ticks are staged together at most. The broker copies what a transaction holds whenever it collects garbage: a thousand ticks in one
    /// transaction cost it a third more than in four.
    static let stagedTogether = 250

    /// Not before this.
    let instant: Date
    /// In the order of the messages.
    private(set) var ticks: [ClaimedTick] = []
    private(set) var messages: [AMQPMessage] = []

    /// One batch for what is due already, oldest first, and as many as it takes for each instant to come.
    ///
    /// - Parameter misfire: The policy of a job, which its service goes by when the tick has to wait there too.
    static func batches(_ ticks: [ClaimedTick], now: Date, misfire: (String) -> MisfirePolicy?) throws -> [TickBatch] {
        let late = ticks.filter { $0.scheduledFor <= now }
        let ahead = Dictionary(grouping: ticks.filter { $0.scheduledFor > now }, by: \.scheduledFor)
        let overdue = late.isEmpty ? [] : [try TickBatch(late, at: now, misfire: misfire)]
        return try overdue
            + ahead.sorted { $0.key < $1.key }.flatMap { instant, ticks in
                try stride(from: 0, to: ticks.count, by: stagedTogether).map { start in
                    try TickBatch(Array(ticks[start..<min(start + stagedTogether, ticks.count)]), at: instant, misfire: misfire)
                }
            }
    }

    private init(_ ticks: [ClaimedTick], at instant: Date, misfire: (String) -> MisfirePolicy?) throws {
        self.instant = instant
        self.ticks = ticks.sorted { ($0.scheduledFor, $0.job) < ($1.scheduledFor, $1.job) }
        messages = try self.ticks.map { tick in
            let job = JobName(rawValue: tick.job)
            let policy = misfire(tick.job).flatMap { Tick.Misfire(rawValue: $0.rawValue) } ?? .latest
            let data = Tick(job: job, scheduledFor: tick.scheduledFor, trigger: .schedule, misfire: policy)
            let message = try OutgoingMessage(
                data, exchange: Exchange.ticks, routingKey: tick.job, from: TickPublisher.name, at: instant, id: tick.id)
            return message.amqp
        }
    }

    /// The ticks of these positions only.
    func keeping(_ positions: [Int]) -> TickBatch {
        var part = self
        part.ticks = positions.map { ticks[$0] }
        part.messages = positions.map { messages[$0] }
        return part
    }
}
