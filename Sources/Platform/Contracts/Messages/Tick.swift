import FoundationEssentials

/// A job is due. Published by the scheduler, a console or a person; its id is `<job>@<scheduledFor>` if the scheduler
/// publishes it.
public struct Tick: Message {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "tick")
    /// The services that publish ticks, all of whose routing keys are jobs of other services: the clock, and the console
    /// for people.
    public static let publishers: Set<String> = ["tick-publisher", "console"]

    /// The id of a tick: the job and its fire time or, of one without a schedule, something unique.
    public static func id(_ job: JobName, _ occasion: String) -> String { "\(job.rawValue)@\(occasion)" }

    /// What triggered the job.
    public enum Trigger: String, Codable, Sendable, CaseIterable {
        /// The scheduler.
        case schedule
        /// A person.
        case manual
        /// A program, by a request or as part of its work.
        case api
    }

    /// What happens to ticks that waited while the service was down.
    public enum Misfire: String, Codable, Sendable, CaseIterable {
        /// The newest is processed.
        case latest
        /// Each is processed: reports of periods.
        case all
        /// None is processed.
        case none
    }

    /// The next slice of a run in progress; only a service itself publishes one, to its own queue.
    public struct Slice: Codable, Sendable, Equatable {
        /// The row in `operations.job_runs`.
        public let runId: Int
        /// Counted from 1.
        public let number: Int

        /// A slice of a run.
        public init(runId: Int, number: Int) {
            self.runId = runId
            self.number = number
        }
    }

    /// The job.
    public let job: JobName
    /// The instant the run is for; period reports go by it.
    public let scheduledFor: Date
    /// What triggered it.
    public let trigger: Trigger
    /// Whether this is a dry run, which is rolled back.
    public let dryRun: Bool
    /// Parameters that change what the job does.
    public let parameters: [String: String]
    /// What happens to it if it waits; nil is `latest`.
    public let misfire: Misfire?
    /// The run and slice to continue; nil starts a new run.
    public let slice: Slice?
    /// The fire time of the schedule before `scheduledFor`: a report covers the time between. Nil where the publisher
    /// does not know it.
    public let previousFireTime: Date?
    /// The fire time of the schedule after `scheduledFor`. Nil where the publisher does not know it.
    public let nextFireTime: Date?

    /// The data of a tick.
    public init(
        job: JobName, scheduledFor: Date, trigger: Trigger, dryRun: Bool = false, parameters: [String: String] = [:], misfire: Misfire? = nil,
        slice: Slice? = nil, previousFireTime: Date? = nil, nextFireTime: Date? = nil
    ) {
        self.job = job
        self.scheduledFor = scheduledFor
        self.trigger = trigger
        self.dryRun = dryRun
        self.parameters = parameters
        self.misfire = misfire
        self.slice = slice
        self.previousFireTime = previousFireTime
        self.nextFireTime = nextFireTime
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
        previousFireTime = data.has("previousFireTime") ? try data.instant("previousFireTime") : nil
        nextFireTime = data.has("nextFireTime") ? try data.instant("nextFireTime") : nil
    }
}

extension Tick.Slice {
    fileprivate init(_ data: MessageData) throws(ContractViolation) {
        self.init(runId: try data.id("runId"), number: try data.id("number"))
    }
}
