import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Counts each ride once, however often and in whatever order it is reported, and rewards the milestones that are
/// reached.
struct RideCompletedReaction: Reaction {
    let notifying: RewardNotifications

    func react(to messages: [Incoming<RideCompleted>], _ tx: Transaction) async throws {
        let reached = try await tx.query(
            ifNew: Self.countNew, else: Self.countUnknown, as: Reached.self, messages.map(\.data.rideId), messages.map(\.data.userId),
            messages.map(\.data.completedAt), RewardPolicy.interval)
        guard !reached.isEmpty else { return }
        let milestones = reached.flatMap { member in
            RewardPolicy.milestones(from: member.rides - member.added, to: member.rides).map { (user: member.userId, rides: $0) }
        }
        let awarded = try await tx.query(
            Self.award, as: Awarded.self, milestones.map(\.user), milestones.map(\.rides), RewardPolicy.freeTickets, tx.now)
        let causes = Dictionary(messages.compactMap { message in message.trace.map { (message.data.userId, $0) } }) { _, last in last }
        for milestone in awarded {
            try tx.publish(
                LoyaltyMilestoneReached(
                    userId: milestone.userId, rides: milestone.rides, freeTickets: RewardPolicy.freeTickets, reachedAt: tx.now),
                causedBy: causes[milestone.userId])
        }
        _ = try await notifying.notify(users: awarded.map(\.userId), limit: awarded.count, causes: causes, tx)
    }

    /// A member who reached at least one milestone.
    private struct Reached: Decodable, Sendable {
        let userId: Int
        let rides: Int
        let added: Int
    }

    private struct Awarded: Decodable, Sendable {
        let userId: Int
        let rides: Int
    }

    // Rows are written in the order of their keys, so that replicas that count for the same members wait for each other
    // instead of deadlocking.

    /// For rides that may have been counted before.
    private static let countUnknown: SQL = """
        with fresh as (
            insert into rides (ride_id, user_id, completed_at)
            select ride_id, user_id, completed_at
            from unnest($1::text[], $2::bigint[], $3::timestamptz[]) as told (ride_id, user_id, completed_at)
            order by ride_id collate "C"
            on conflict do nothing
            returning user_id),
        added as (select user_id, count(*) as added from fresh group by user_id),
        counted as (
            insert into members as m (user_id, rides)
            select user_id, added from added order by user_id
            on conflict (user_id) do update set rides = m.rides + excluded.rides
            returning user_id, rides)
        select user_id, rides, added from counted join added using (user_id)
        where rides / $4 > (rides - added) / $4
        """

    /// For rides that are all new: the same without the check for duplicates. By then nearly every rider has a row, and
    /// an UPDATE costs less than an INSERT that conflicts; riders without a row are inserted.
    private static let countNew: SQL = """
        with fresh as (
            insert into rides (ride_id, user_id, completed_at)
            select ride_id, user_id, completed_at
            from unnest($1::text[], $2::bigint[], $3::timestamptz[]) as told (ride_id, user_id, completed_at)
            order by ride_id collate "C"),
        added as materialized (
            select user_id, count(*) as added from unnest($2::bigint[]) as told (user_id) group by user_id order by user_id),
        known as (
            update members m set rides = m.rides + added from added where m.user_id = added.user_id
            returning m.user_id, m.rides, added),
        counted as (
            insert into members as m (user_id, rides)
            select user_id, added from added where user_id not in (select user_id from known) order by user_id
            on conflict (user_id) do update set rides = m.rides + excluded.rides
            returning user_id, rides)
        select user_id, rides, added
        from (select user_id, rides, added from known
              union all
              select user_id, rides, added from counted join added using (user_id)) as raised
        where rides / $4 > (rides - added) / $4
        """

    private static let award: SQL = """
        with awarded as (
            insert into milestones (user_id, rides, free_tickets, reached_at)
            select user_id, rides, $3, $4 from unnest($1::bigint[], $2::bigint[]) as reached (user_id, rides) order by user_id, rides
            on conflict do nothing
            returning user_id, rides),
        logged as (
            insert into tickets.refresh_log (user_id, activity_type, note, created_on, modified_on)
            select user_id, 2, $3 || ' free tickets for ' || rides || ' rides', $4, $4 from awarded order by user_id, rides)
        select user_id, rides from awarded order by user_id, rides
        """
}
