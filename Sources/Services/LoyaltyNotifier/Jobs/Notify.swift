import Contracts
import Platform
import Postgres

/// Notifies riders of rewards that they were not notified of: rewards that were not notified when they were granted,
/// rewards that other systems wrote to the log, and rewards whose push was given up while the push service was
/// unavailable.
struct Notify: Job {
    static let name = JobName.loyaltyNotifierNotify

    let notifying: RewardNotifications

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let again = try await notifying.takeUp(limit: slice.limit, tx)
        let told = again == slice.limit ? again : try await again + notifying.notify(behind: slice.after.id, limit: slice.limit - again, tx)
        return Progress(told, more: told == slice.limit, after: slice.after)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        try await tx.firstRow(Self.first, called: "user", slice.after.id)
    }

    private static let first: SQL = """
        select l.user_id as id from tickets.refresh_log l
        where l.status = 0 and l.activity_type = 2 and l.user_id > $1
          and not exists (select from notifications n where n.log_id = l.id)
        order by l.user_id limit 1
        """
}
