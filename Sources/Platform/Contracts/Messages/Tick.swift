import FoundationEssentials

/// "It is time for this job": from the clock, a console or a person.
public struct Tick: Message {
    /// `tick`; routing key is the job's name.
    public static let type = MessageType(rawValue: "tick")

    /// The job to work.
    public let job: JobName
    /// The fire time, to the second; the moment of the wish when a person triggers.
    public let scheduledFor: Date
    /// Who wants it.
    public let trigger: Trigger
    /// All of the work in a transaction that is rolled back.
    public let dryRun: Bool
    /// What a job may be asked for.
    public let parameters: [String: String]
    /// What becomes of ticks that waited for a service that was away; `latest` when absent.
    public let misfire: Misfire?
    /// Which piece of which run; absent for a new run.
    public let slice: Slice?

    /// Who wants a run.
    public enum Trigger: String, Codable, Sendable, CaseIterable {
        /// The clock.
        case schedule
        /// A person.
        case manual
        /// A program.
        case api
    }

    /// What becomes of ticks that were missed.
    public enum Misfire: String, Codable, Sendable, CaseIterable {
        /// Only the newest is worked.
        case latest
        /// Each is worked.
        case all
        /// None is worked.
        case none
    }

    /// A piece of a run.
    public struct Slice: Codable, Sendable, Equatable {
        /// The run's row in `operations.job_runs`.
        public let runId: Int
        /// Counted from 1.
        public let number: Int

        /// A piece of a run.
        public init(runId: Int, number: Int) {
            self.runId = runId
            self.number = number
        }
    }

    /// A tick.
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

    /// The job is named, pieces are counted from 1.
    public func validate() throws(ContractViolation) {
        try ContractViolation.require("data.job", job.rawValue, atMost: 100)
        guard let slice else { return }
        try ContractViolation.require("data.slice.runId", slice.runId, atLeast: 1)
        try ContractViolation.require("data.slice.number", slice.number, atLeast: 1)
    }
}
