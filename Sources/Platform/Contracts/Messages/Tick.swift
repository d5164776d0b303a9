import FoundationEssentials

/// A job is due. Published by the clock, a console or a person; its id is `<job>@<scheduledFor>` when the clock did.
public struct Tick: Message {
    /// `tick`
    public static let type = MessageType.tick
    /// The service that publishes what is due; all its routing keys are jobs of others.
    public static let publisher = "tick-publisher"

    /// Who wants the job to run.
    public enum Trigger: String, Codable, Sendable, CaseIterable {
        /// The clock.
        case schedule
        /// A person.
        case manual
        /// A program, by a request or in the course of its work.
        case api
    }

    /// What becomes of ticks that waited because nobody ran.
    public enum Misfire: String, Codable, Sendable, CaseIterable {
        /// The newest is worked.
        case latest
        /// Each is worked: reports of periods.
        case all
        /// None is worked.
        case none
    }

    /// The next piece of a run that is under way; only a service itself publishes one, to its own queue.
    public struct Slice: Codable, Sendable, Equatable {
        /// The row in `operations.job_runs`.
        public let runId: Int
        /// Counted from 1.
        public let number: Int

        /// A piece of a run.
        public init(runId: Int, number: Int) {
            self.runId = runId
            self.number = number
        }
    }

    /// The job.
    public let job: JobName
    /// The instant the run is for; period reports go by it.
    public let scheduledFor: Date
    /// Who wants it.
    public let trigger: Trigger
    /// Whether all of it is to be rolled back.
    public let dryRun: Bool
    /// What the job is asked to do differently.
    public let parameters: [String: String]
    /// What becomes of it if it waits; nil is `latest`.
    public let misfire: Misfire?
    /// Which piece of which run; nil begins a new one.
    public let slice: Slice?

    /// The data of a tick.
    public init(
        job: JobName, scheduledFor: Date, trigger: Trigger, dryRun: Bool = false, parameters: [String: String] = [:], misfire: Misfire? = nil,
        slice: Slice? = nil
    ) {
        self.job = job
        self.scheduledFor = scheduledFor
        self.trigger = trigger
        self.dryRun = dryRun
        self.parameters = parameters
        self.misfire = misfire
        self.slice = slice
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        job = try data.job("job")
        scheduledFor = try data.instant("scheduledFor")
        trigger = try data.choice("trigger")
        dryRun = try data.boolean("dryRun")
        parameters = try data.texts("parameters")
        misfire = data.has("misfire") ? try data.choice("misfire") : nil
        slice = data.has("slice") ? try Slice(data.object("slice")) : nil
    }
}

extension Tick.Slice {
    fileprivate init(_ data: MessageData) throws(ContractViolation) {
        self.init(runId: try data.id("runId"), number: try data.id("number"))
    }
}
