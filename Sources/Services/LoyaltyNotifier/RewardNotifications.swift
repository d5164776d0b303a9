import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Notifies riders of their rewards: one push per user for all rows of activity 2 that the user was not notified of.
struct RewardNotifications: Sendable {
    /// The number by which the apps know a loyalty reward.
    static let notificationType = 75

    let texts: RewardTexts

    /// Writes one push per user for the delivery worker, for a limited number of users.
    /// - Parameters:
    ///   - users: Only these; nil for all users.
    ///   - behind: Only users with a greater id.
    ///   - causes: The traces of what caused the rewards, by user; for the others the trace of the current task is
    ///     used.
    /// - Returns: the number of users that are notified now.
    func notify(
        users: [Int]? = nil, behind: Int = .min, limit: Int, causes: [Int: TraceContext] = [:], _ tx: Transaction
    ) async throws -> Int {
        let claimed = try await tx.query(Self.claim, as: Claimed.self, users, limit, tx.now, behind)
        try tx.deliver(claimed.map { try delivery($0, causedBy: causes[$0.userId] ?? .current) })
        return claimed.count
    }

    /// Requeues pushes that the delivery worker gave up because the push service was unavailable or refused our key,
    /// for a limited number of users.
    /// - Returns: the number of users that are notified now.
    func takeUp(limit: Int, _ tx: Transaction) async throws -> Int {
        try await tx.query(Self.takeUp, as: Int.self, limit, tx.now).count
    }

    /// Marks the rows of accepted pushes as processed, in the transaction in which the delivery worker marks their
    /// deliveries.
    static func markNotified(_ dedupeKeys: [String], _ tx: Transaction) async throws {
        try tx.enqueue(markRows, dedupeKeys, tx.now)
        try tx.enqueue(markMilestones, dedupeKeys, tx.now)
    }

    private func delivery(_ claimed: Claimed, causedBy cause: TraceContext?) throws -> OutboundDelivery {
        let (language, wording) = texts.text(for: claimed.language)
        let text = wording.filled(milestones: claimed.milestones)
        let push = PushChannel.Notification(
            userIds: [claimed.userId], notificationType: Self.notificationType, title: text.title, body: text.body, language: language)
        return try OutboundDelivery(kind: .push, dedupeKey: claimed.dedupeKey, content: push, causedBy: cause)
    }

    private struct Claimed: Decodable, Sendable {
        let userId: Int
        let dedupeKey: String
        let milestones: Int
        let language: String?
    }

    // If two transactions notify of the same row at once, the primary key of notifications lets only one of them do it.
    private static let claim: SQL = """
        with pending as (
            select l.id, l.user_id, dense_rank() over (order by l.user_id) as position
            from tickets.refresh_log l
            where l.status = 0 and l.activity_type = 2 and ($1::bigint[] is null or l.user_id = any ($1)) and l.user_id > $4
              and not exists (select from notifications n where n.log_id = l.id)),
        keyed as (
            select id, user_id, 'loyalty-reward/' || user_id || '/' || max(id) over (partition by user_id) as dedupe_key
            from pending where position <= $2),
        claimed as (
            insert into notifications (log_id, user_id, dedupe_key, created_at)
            select id, user_id, dedupe_key, $3 from keyed order by id
            on conflict do nothing
            returning user_id, dedupe_key)
        select c.user_id, c.dedupe_key, c.milestones, u.language
        from (select user_id, dedupe_key, count(*) as milestones from claimed group by user_id, dedupe_key) c
             left join storefront.user_languages u using (user_id)
        order by c.user_id
        """

    private static let takeUp: SQL = """
        with parked as (
            select d.id from deliveries d
            where d.kind = 'push' and d.status = 'parked'
              and exists (
                  select from notifications n join tickets.refresh_log l on l.id = n.log_id
                  where n.dedupe_key = d.dedupe_key and l.activity_type = 2 and l.status = 0)
            order by d.id limit $1 for update skip locked)
        update deliveries d set status = 'queued', attempts = 0, next_attempt_at = $2
        from parked where d.id = parked.id
        returning d.id
        """

    private static let markRows: SQL = """
        update tickets.refresh_log set status = 1, modified_on = $2
        where id = any (array(select log_id from notifications where dedupe_key = any ($1::text[]))) and activity_type = 2 and status <> 1
        """

    private static let markMilestones: SQL = """
        with told as materialized (
            select user_id, max(created_at) as at from notifications where dedupe_key = any ($1::text[]) group by user_id)
        update milestones m set notified_at = $2
        from told
        where m.user_id = told.user_id and m.user_id = any (array(select user_id from told)) and m.notified_at is null and m.reached_at <= told.at
        """
}
