import Contracts
import Platform

/// Reminds the holders of bookings for tomorrow's events.
struct SendReminders: Job {
    static let name = JobName.eventsSendReminders
    static let sliceLimit = 2000
    private static let reminder = Reminder(.dayBefore, daysAhead: 1, template: "event-reminder")

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress { try await Self.reminder.send(slice, tx) }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? { try await Self.reminder.firstRow(of: slice, tx) }
}
