import Platform
import Postgres

/// The check that the bookings of messages exist.
enum KnownBookings {
    /// - Throws: `NotThereYet` when one of the bookings does not exist, or does not yet: its message may have overtaken
    ///   the shop's commit.
    static func require(_ bookings: [Int], _ tx: Transaction) async throws {
        let unknown = try await tx.query(missing, as: Int.self, bookings)
        if !unknown.isEmpty { throw NotThereYet("there is no booking \(unknown.map(String.init).joined(separator: ", "))") }
    }

    private static let missing: SQL = """
        select distinct told.id from unnest($1::bigint[]) as told (id)
        where not exists (select from bookings b where b.id = told.id)
        order by told.id
        """
}
