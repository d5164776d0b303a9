import Contracts

/// How a run ended, or that it has not: `operations.job_runs.outcome`.
public enum RunOutcome: String, LifecycleStatus {
    /// It is in progress.
    case running
    /// It did all there was to do.
    case succeeded
    /// It did all but some rows, which it names.
    case partial
    /// It stopped; its message is parked.
    case failed
    /// The job was running for another tick.
    case skipped
    /// A newer tick of the job was processed first.
    case superseded

    /// The outcomes that may follow: a failed run goes on when its message is replayed.
    public var successors: [RunOutcome] {
        switch self {
        case .running: [.succeeded, .partial, .failed]
        case .failed: [.running]
        case .succeeded, .partial, .skipped, .superseded: []
        }
    }
}
