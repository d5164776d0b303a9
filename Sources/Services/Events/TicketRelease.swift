import Contracts
import Platform
import Postgres

/// The release of a booking's tickets to their event: once per booking, whichever messages report it, in whatever
/// order.
struct TicketRelease: Sendable {
    let bookingId: Int
    let eventId: Int
    let quantity: Int

    /// Releases the tickets that were not released before.
    /// - Parameter mayBeReleased: Whether another kind of message has usually released them already.
    /// - Throws: `NotThereYet` for an event that does not exist; `Unprocessable` when more tickets would be released than
    ///   it has sold.
    static func release(_ returns: [TicketRelease], mayBeReleased: Bool = false, _ tx: Transaction) async throws {
        let fresh = try await tx.query(
            ifNew: mayBeReleased ? Self.enter : Self.enterNew, else: Self.enter, as: Released.self, returns.map(\.bookingId), returns.map(\.eventId),
            returns.map(\.quantity), tx.now)
        guard !fresh.isEmpty else { return }
        guard let left = try await tx.query(Self.lowerSold, as: Left.self, fresh.map(\.eventId), fresh.map(\.quantity)).first else { return }
        guard let sold = left.ticketsSold else { throw NotThereYet("event \(left.eventId) does not exist") }
        throw Unprocessable("event \(left.eventId) has sold \(sold) tickets, so \(left.quantity) cannot come back")
    }

    /// How many tickets of an event are released.
    private struct Released: Decodable, Sendable {
        let eventId: Int
        let quantity: Int
    }

    /// An event whose sold tickets could not be reduced.
    private struct Left: Decodable, Sendable {
        let eventId: Int
        let quantity: Int
        let ticketsSold: Int?
    }

    private static let enterNew: SQL = """
        with entered as (
            insert into releases (booking_id, event_id, quantity, released_at)
            select booking_id, event_id, quantity, $4
            from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as told (booking_id, event_id, quantity)
            order by booking_id)
        select event_id, sum(quantity)::bigint as quantity
        from unnest($2::bigint[], $3::bigint[]) as told (event_id, quantity) group by event_id
        """

    private static let enter: SQL = """
        with entered as (
            insert into releases (booking_id, event_id, quantity, released_at)
            select booking_id, event_id, quantity, $4
            from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as told (booking_id, event_id, quantity)
            order by booking_id
            on conflict do nothing
            returning event_id, quantity)
        select event_id, sum(quantity)::bigint as quantity from entered group by event_id
        """

    // Many bookings belong to few events: each event row is updated once for all of them, and rows are locked in the
    // order of their ids, so that replicas wait for each other instead of deadlocking.
    private static let lowerSold: SQL = """
        with returned as materialized (
            select event_id, quantity from unnest($1::bigint[], $2::bigint[]) as told (event_id, quantity)),
        held as materialized (
            select e.id, r.quantity from returned r join events e on e.id = r.event_id order by e.id for no key update of e),
        lowered as (
            update events e set tickets_sold = e.tickets_sold - h.quantity from held h
            where e.id = h.id and e.tickets_sold >= h.quantity
            returning e.id)
        select r.event_id, r.quantity, e.tickets_sold
        from returned r left join events e on e.id = r.event_id
        where r.event_id not in (select id from lowered)
        order by r.event_id
        """
}
