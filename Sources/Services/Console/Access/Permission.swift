import Platform

/// What a route needs.
enum Permission: String, CaseIterable, Sendable {
    /// To look at jobs, runs, schedules and services.
    case look
    /// To see addresses and names of people in what failed.
    case seePersonalData
    /// To run a job, or try it.
    case runJobs
    /// To pause, resume and override schedules.
    case changeSchedules
    /// To read what others did.
    case readAudit

    /// The least role that has it.
    var role: Role {
        switch self {
        case .look: .viewer
        case .seePersonalData: .support
        case .runJobs, .changeSchedules, .readAudit: .operator
        }
    }
}
