import AMQP
import Contracts
import FoundationEssentials

/// Starts a job by a tick, as the clock does. Who does it twice with one id starts it once.
public struct JobTrigger: Sendable {
    /// The job.
    public let job: JobName
    /// The id of the tick, by which `operations.job_runs` knows the run.
    public let tickID: String
    private let tick: Tick

    /// A trigger.
    /// - Parameters:
    ///   - scheduledFor: The instant that the run is for.
    ///   - occasion: What makes the id unique among the ticks of the job; nil for a fresh one.
    public init(
        _ job: JobName, by trigger: Tick.Trigger, scheduledFor: Date, dryRun: Bool, parameters: [String: String] = [:], occasion: String? = nil
    ) {
        self.job = job
        tickID = Tick.id(job, occasion ?? OutgoingMessage.newID(at: scheduledFor))
        tick = Tick(job: job, scheduledFor: scheduledFor, trigger: trigger, dryRun: dryRun, parameters: parameters)
    }

    /// The queue that takes its ticks; without it nobody runs the job.
    public var queue: String { QueueName.ticks(of: job.service) }

    /// The message that starts it.
    /// - Parameter source: Who publishes it.
    public func message(from source: String, at now: Date) throws -> OutgoingMessage {
        try OutgoingMessage(tick, exchange: Exchange.ticks, routingKey: job.rawValue, from: source, at: now, id: tickID)
    }
}
