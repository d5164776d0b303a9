import FoundationEssentials
import Platform
import Postgres

/// The users of a period.
///
/// They cannot be counted again: users are deleted, and the next activity of a user replaces the time of the one before.
/// So they are counted when the first report of a period is made, and kept; later reports of the period repeat them.
struct UserFigures: Codable, Sendable, Equatable {
    /// Users who joined in the period.
    let new: Int
    /// Users there were at its end.
    let total: Int
    /// Users who booked or were active in it.
    let active: Int

    /// A period that ended longer ago than this when its users were first counted has estimates.
    private static let countedInTime: TimeInterval = 24 * 3600

    /// The figures of a period, and whether they are estimates because they were counted too late.
    static func take(_ period: ReportPeriod, _ tx: Transaction) async throws -> (figures: UserFigures, areEstimates: Bool) {
        let kept = try await tx.query(known, as: Snapshot.self, period.start, period.end).first
        let snapshot = if let kept { kept } else { try await tx.row(count, as: Snapshot.self, period.start, period.end, tx.now) }
        return (
            UserFigures(new: snapshot.newUsers, total: snapshot.totalUsers, active: snapshot.activeUsers),
            snapshot.takenAt.timeIntervalSince(period.end) > countedInTime
        )
    }

    private struct Snapshot: Decodable, Sendable {
        let newUsers: Int
        let totalUsers: Int
        let activeUsers: Int
        let takenAt: Date
    }

    private static let known: SQL = """
        select new_users, total_users, active_users, taken_at from snapshots where period_start = $1 and period_end = $2
        """

    private static let count: SQL = """
        insert into snapshots (period_start, period_end, new_users, total_users, active_users, taken_at)
        select $1::timestamptz, $2::timestamptz,
               (select count(*) from storefront.user_activity where created_at >= $1::timestamptz and created_at < $2::timestamptz),
               (select count(*) from storefront.user_activity where created_at < $2::timestamptz),
               (select count(*) from (
                    select user_id from storefront.user_activity where last_activity_at >= $1::timestamptz and last_activity_at < $2::timestamptz
                    union
                    select user_id from activity where quarter_hour >= $1::timestamptz and quarter_hour < $2::timestamptz
                    union
                    select user_id from bookings where created_at >= $1::timestamptz and created_at < $2::timestamptz) active),
               $3::timestamptz
        returning new_users, total_users, active_users, taken_at
        """
}
