import Contracts
import Platform

/// Reminds the holders of bookings for events that are in a week.
struct SendEarlyBirdReminders: Job {
    static let name = JobName.eventsSendEarlyBirdReminders
    static let sliceLimit = 2000

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        try await Reminder(.weekBefore, daysAhead: 7, template: "early-bird-reminder").send(slice, tx)
    }
}
