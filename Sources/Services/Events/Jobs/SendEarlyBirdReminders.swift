import Contracts
import Platform

/// Reminds the holders of bookings for events in a week.
struct SendEarlyBirdReminders: Job {
    static let name = JobName.eventsSendEarlyBirdReminders
    static let sliceLimit = 2000
    private static let reminder = Reminder(.weekBefore, daysAhead: 7, template: "early-bird-reminder")

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress { try await Self.reminder.send(slice, tx) }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? { try await Self.reminder.firstRow(of: slice, tx) }
}
