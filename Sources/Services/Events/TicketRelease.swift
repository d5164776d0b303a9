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
    /// - Parameter areNew: Whether none of them can have been released before, so that no check is needed.
    /// - Throws: ``EventNotFound`` and ``MoreThanSold``.
    static func give(back returns: [TicketRelease], areNew: Bool, _ tx: Transaction) async throws {
        let bookings = returns.map(\.bookingId)
        let events = returns.map(\.eventId)
        let quantities = returns.map(\.quantity)
        guard areNew else {
            let fresh = try await tx.query(Self.enter, as: Entered.self, bookings, events, quantities, tx.now)
            return try await lower(fresh.map(\.eventId), by: fresh.map(\.quantity), tx)
        }
        try tx.enqueue(Self.enterNew, bookings, events, quantities, tx.now)
        try await lower(events, by: quantities, tx)
    }

    private static func lower(_ events: [Int], by quantities: [Int], _ tx: Transaction) async throws {
        guard !events.isEmpty else { return }
        guard let left = try await tx.query(Self.lowerSold, as: Left.self, events, quantities).first else { return }
        guard let sold = left.ticketsSold else { throw EventNotFound(id: left.eventId) }
        throw MoreThanSold(event: left.eventId, sold: sold, returned: left.quantity)
    }

    /// More tickets would be released than the event has sold.
    struct MoreThanSold: PermanentFailure, CustomStringConvertible {
        let event: Int
        let sold: Int
        let returned: Int

        var description: String { "event \(event) has sold \(sold) tickets, so \(returned) cannot come back" }
    }

    private struct Entered: Decodable, Sendable {
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
        insert into releases (booking_id, event_id, quantity, released_at)
        select booking_id, event_id, quantity, $4
        from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as told (booking_id, event_id, quantity)
        order by booking_id
        """

    private static let enter: SQL = """
        insert into releases (booking_id, event_id, quantity, released_at)
        select booking_id, event_id, quantity, $4
        from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as told (booking_id, event_id, quantity)
        order by booking_id
        on conflict do nothing
        returning event_id, quantity
        """

    // Many bookings belong to few events: each event row is updated once for all of them, and rows are locked in the
    // order of their ids, so that replicas wait for each other instead of deadlocking.
    private static let lowerSold: SQL = """
        with returned as materialized (
            select event_id, sum(quantity)::bigint as quantity
            from unnest($1::bigint[], $2::bigint[]) as told (event_id, quantity) group by event_id),
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
