import Contracts
import FoundationEssentials
import Platform
import Postgres

/// E-mails the confirmation of each confirmed booking to its customer, once. A booking that costs nothing needs no
/// payment: it is confirmed here.
struct SendConfirmations: Job {
    static let name = JobName.bookingsSendConfirmations

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let free = try await tx.execute(Self.confirmFree, slice.limit, slice.now)
        let mailContexts = try await tx.query(Self.takeConfirmed, as: BookingMailContext.self, slice.after.id, slice.limit)
        let written = try mailContexts.filter { try tx.sendMail(.confirmed, $0) }
        if !written.isEmpty { try await tx.execute(Self.mark, written.map(\.bookingId)) }
        return Progress(
            written.count, more: mailContexts.count == slice.limit || free == slice.limit,
            after: mailContexts.last.map { KeysetCursor(id: $0.bookingId) } ?? slice.after)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        try await tx.firstRow(Self.firstConfirmed, called: "booking", slice.after.id)
    }

    private static let firstConfirmed: SQL = """
        select id, reference from bookings
        where status = 'confirmed' and not confirmation_email_sent and id > $1 order by id limit 1
        """

    private static let confirmFree: SQL = """
        with free as materialized (
            select id from bookings b where b.status = 'pending' and b.total_amount = 0
              and not exists (select from event_cancellations c where c.event_id = b.event_id)
            order by id limit $1 for no key update skip locked)
        update bookings set status = 'confirmed', confirmed_at = $2 where id = any (array(select id from free)) and status = 'pending'
        """

    private static let takeConfirmed: SQL = """
        with waiting as materialized (
            select id from bookings where status = 'confirmed' and not confirmation_email_sent and id > $1
            order by id limit $2 for update)
        select booking_mail_contexts.*
        from waiting
             cross join lateral (
                 select booking_id, reference, quantity, total_amount, currency, user_id, first_name, email,
                        language, event_id, title, location, starts_at, time_zone
                 from booking_mail_contexts where booking_id = waiting.id offset 0) booking_mail_contexts
        order by waiting.id
        """

    private static let mark: SQL = """
        update bookings set confirmation_email_sent = true where id = any ($1) and not confirmation_email_sent
        """
}
