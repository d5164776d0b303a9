import FoundationEssentials

/// Something that is wrong now, with what to do about it.
struct StatusFinding: Encodable, Sendable {
    /// What kind of trouble it is; also the name of its sentence in each language.
    enum Kind: String, Encodable, CaseIterable, Sendable {
        /// Runs of a job that failed or left rows out, for one reason.
        case failingJob
        /// A run in progress that does not move.
        case stalledRun
        /// Fire times that no tick was published for.
        case lateTick
        /// A schedule that cannot be followed.
        case brokenSchedule
        /// An open alert.
        case alert
        /// A process that does not beat.
        case silentProcess
        /// Messages that nobody could process.
        case parkedMessages
        /// Messages that nobody takes.
        case waitingMessages
        /// A schedule that somebody paused.
        case pausedSchedule
        /// What could not be looked at.
        case unknown
    }

    let kind: Kind
    /// What it is wrong with: a job, a process, a queue.
    let subject: String
    /// How often, how many, where it counts.
    var count: Int?
    /// What the system says about it.
    var detail = ""
    var since: Date?
    /// When it last happened.
    var last: Date?
    /// A path of the console that shows more.
    var link = ""

    /// Whether it is a fault; a paused schedule is somebody's intention.
    var isFault: Bool { kind != .pausedSchedule }
}
