import Platform
import Postgres

/// A message is about bookings that do not exist, or do not yet: it may have overtaken the shop's commit.
struct BookingNotFound: NotThereYet, CustomStringConvertible {
    let ids: [Int]

    var description: String { "there is no booking \(ids.map(String.init).joined(separator: ", "))" }

    /// Throws when one of the bookings does not exist.
    static func refuse(_ bookings: [Int], _ tx: Transaction) async throws {
        let unknown = try await tx.query(missing, as: Int.self, bookings)
        if !unknown.isEmpty { throw BookingNotFound(ids: unknown) }
    }

    private static let missing: SQL = """
        select distinct told.id from unnest($1::bigint[]) as told (id)
        where not exists (select from bookings b where b.id = told.id)
        order by told.id
        """
}
