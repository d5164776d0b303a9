import Contracts
import Platform
import Postgres

/// Records requests to refresh a user's passes, and starts the refresh at once.
struct TicketsRefreshRequestedReaction: Reaction {
    func react(to messages: [Incoming<TicketsRefreshRequested>], _ tx: Transaction) async throws {
        try await tx.execute(Self.log, messages.map(\.data.userId), tx.now)
        try await tx.trigger(.ticketsCacheRefresh)
    }

    private static let log: SQL = """
        insert into refresh_log (user_id, activity_type, note, created_on, modified_on)
        select user_id, 1, 'tickets.refresh-requested', $2, $2 from unnest($1::bigint[]) as asked (user_id)
        """
}
