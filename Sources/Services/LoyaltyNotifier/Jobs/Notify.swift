import Contracts
import Platform

/// Tells riders of rewards that nobody has told them of: those that the award did not reach, and those that others put into the log.
struct Notify: Job {
    static let name = JobName.loyaltyNotifierNotify

    let notifying: Notifying

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let told = try await notifying.notify(users: nil, limit: slice.limit, tx)
        return Progress(told, more: told == slice.limit)
    }
}
