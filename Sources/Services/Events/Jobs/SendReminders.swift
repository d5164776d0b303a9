import Contracts
import Cron
import Platform

/// Reminds the holders of bookings for events that are tomorrow.
struct SendReminders: Job {
    static let name = JobName.eventsSendReminders
    static let sliceLimit = 2000
    /// When the clock ticks for it.
    private static let rhythm = "0 9 * * *"

    /// The clock's.
    let zone: CronZone

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        try await reminder().send(slice, tx)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? { try await reminder().firstRow(of: slice, tx) }

    private func reminder() throws -> Reminder {
        try Reminder(.dayBefore, daysAhead: 1, template: "event-reminder", at: CronExpression(Self.rhythm), in: zone)
    }
}
