import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Decides in the transaction that enqueues the mails who is sent one: each recipient once per subject and period, and
/// nobody more mails than the limit of a day.
struct CampaignLog: Sendable {
    /// The period that the limit of mails is about.
    static let window: TimeInterval = 24 * 3600

    /// The most campaign mails to a person in ``window``.
    let dailyLimit: Int

    /// Enqueues a mail to each candidate who is not left out, and notes on the run whom it reaches and whom not.
    /// - Parameters:
    ///   - candidates: In the order in which they come into the limit of a day; a user may be there with several
    ///     subjects.
    ///   - period: What is sent once in it.
    ///   - facts: The values of the candidate's mail.
    /// - Returns: those who are reached.
    func send(
        _ campaign: Campaign, to candidates: [Candidate], period: (Candidate) -> String, facts: (Candidate) -> [String: MailFact],
        _ slice: Slice, _ tx: Transaction
    ) async throws -> [Candidate] {
        for candidate in candidates { if let reason = candidate.leftOut { tx.note(candidate.name, "left out: \(reason)") } }
        let wanted = try await withinLimit(candidates.filter { $0.leftOut == nil }, slice, tx)
        guard !wanted.isEmpty else { return [] }
        let rows = try await tx.query(
            Self.claim, as: Row.self, campaign.rawValue, wanted.map(\.userId), wanted.map(\.subjectId), wanted.map(period), slice.now,
            slice.runID)
        var ids = Dictionary(rows.map { (Key(user: $0.userId, subject: $0.subjectId), $0.id) }) { first, _ in first }
        var reached: [Candidate] = []
        try tx.mail(
            wanted.compactMap { candidate in
                guard let id = ids.removeValue(forKey: Key(user: candidate.userId, subject: candidate.subjectId)),
                    let recipient = candidate.recipient
                else {
                    tx.note(candidate.name, "left out: told before")
                    return nil
                }
                tx.note(candidate.name, "reached")
                reached.append(candidate)
                return Mail(
                    campaign.rawValue, about: id, to: recipient, facts: facts(candidate),
                    subscription: campaign.scope.map { MailSubscription(user: candidate.userId, scope: $0.rawValue) })
            })
        try tx.enqueue(Self.count, reached.map(\.userId), slice.now, slice.now - Self.window)
        try tx.enqueue(Self.countOfRun, slice.runID, campaign.rawValue, reached.count)
        return reached
    }

    /// The candidates who may get another mail today. Their rows in `recipients` stay locked, so that two campaigns
    /// cannot both take the last place.
    private func withinLimit(_ candidates: [Candidate], _ slice: Slice, _ tx: Transaction) async throws -> [Candidate] {
        guard !candidates.isEmpty else { return [] }
        let users = candidates.map(\.userId)
        try tx.enqueue(Self.add, users)
        var mails = Dictionary(
            try await tx.query(Self.lock, as: Recent.self, users, slice.now - Self.window).map { ($0.userId, $0.mails) }
        ) { first, _ in first }
        return candidates.filter { candidate in
            let known = mails[candidate.userId] ?? 0
            guard known + candidate.reserved < dailyLimit else {
                tx.note(candidate.name, "left out: \(dailyLimit) mails in 24 hours")
                return false
            }
            mails[candidate.userId] = known + 1
            return true
        }
    }

    private struct Key: Hashable {
        let user: Int
        let subject: Int?
    }

    private struct Row: Decodable, Sendable {
        let id: Int
        let userId: Int
        let subjectId: Int?
    }

    private struct Recent: Decodable, Sendable {
        let userId: Int
        let mails: Int
    }

    private static let add: SQL = """
        insert into recipients (user_id) select distinct user_id from unnest($1::bigint[]) as wanted (user_id) order by user_id
        on conflict do nothing
        """

    // In the order of the ids, like every transaction that locks recipients.
    private static let lock: SQL = """
        select user_id, (select count(*) from unnest(queued_at) as mail where mail > $2) as mails
        from recipients where user_id = any ($1::bigint[]) order by user_id for no key update
        """

    private static let claim: SQL = """
        insert into campaign_log (campaign, user_id, subject_id, period, queued_at, run)
        select $1, user_id, subject_id, period, $5, $6
        from unnest($2::bigint[], $3::bigint[], $4::text[]) with ordinality as wanted (user_id, subject_id, period, place)
        order by place
        on conflict do nothing
        returning id, user_id, subject_id
        """

    private static let countOfRun: SQL = """
        insert into campaign_runs (run, campaign, mails) values ($1, $2, $3)
        on conflict (run) do update set mails = campaign_runs.mails + excluded.mails
        """

    private static let count: SQL = """
        update recipients r
        set queued_at = array(select mail from unnest(r.queued_at) as mail where mail > $3) || array_fill($2::timestamptz, array[sent.mails])
        from (select user_id, count(*)::integer as mails from unnest($1::bigint[]) as sent (user_id) group by user_id) sent
        where r.user_id = sent.user_id
        """
}
