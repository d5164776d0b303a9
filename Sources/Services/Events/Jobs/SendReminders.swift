import Contracts
import Platform

/// Reminds the holders of bookings for events that are tomorrow.
struct SendReminders: Job {
    static let name = JobName.eventsSendReminders
    static let sliceLimit = 2000

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        try await Reminder(.dayBefore, daysAhead: 1, template: "event-reminder").send(slice, tx)
    }
}
