import AMQP
import Contracts
import FoundationEssentials
import Platform
import Schedules

/// Ticks that are published together, encoded ahead of time so that they can be staged.
struct TickBatch: Sendable {
    /// The maximum number of ticks staged together. The broker copies the content of a transaction at each garbage
    /// collection: a thousand ticks in one transaction cost it a third more than in four.
    static let stagedTogether = 250

    /// The earliest time at which the batch is published.
    let instant: Date
    /// In the order of the messages.
    private(set) var ticks: [ClaimedTick] = []
    private(set) var messages: [AMQPMessage] = []

    /// One batch for all overdue ticks, oldest first, and one or more batches for each future fire time.
    ///
    /// - Parameter schedules: The source of a job's fire times and of its misfire policy, which its service applies if
    ///   the tick has to wait there too.
    static func batches(_ ticks: [ClaimedTick], now: Date, _ schedules: ScheduleCache) throws -> [TickBatch] {
        let late = ticks.filter { $0.scheduledFor <= now }
        let ahead = Dictionary(grouping: ticks.filter { $0.scheduledFor > now }, by: \.scheduledFor)
        let overdue = late.isEmpty ? [] : [try TickBatch(late, at: now, schedules)]
        return try overdue
            + ahead.sorted { $0.key < $1.key }.flatMap { instant, ticks in
                try ticks.parts(ofAtMost: stagedTogether).map { try TickBatch(Array($0), at: instant, schedules) }
            }
    }

    private init(_ ticks: [ClaimedTick], at instant: Date, _ schedules: ScheduleCache) throws {
        self.instant = instant
        self.ticks = ticks.sorted { ($0.scheduledFor, $0.job) < ($1.scheduledFor, $1.job) }
        messages = try self.ticks.map { tick in
            let job = JobName(rawValue: tick.job)
            // Nil when the schedule was paused or removed after the tick was claimed; consumers read that as `latest`.
            let policy = schedules.misfire(of: tick.job).map(Tick.Misfire.init)
            let around = schedules.fireTimes(of: tick.job, around: tick.scheduledFor)
            // The previous tick's fire time and not one computed from the current schedule: periods are contiguous even
            // if the schedule changed between the two.
            let data = Tick(
                job: job, scheduledFor: tick.scheduledFor, trigger: .schedule, misfire: policy, previousFireTime: tick.previous ?? around.previous,
                nextFireTime: around.next)
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

extension Tick.Misfire {
    fileprivate init(_ policy: MisfirePolicy) {
        self =
            switch policy {
            case .latest: .latest
            case .all: .all
            case .none: .none
            }
    }
}
