import Contracts
import FoundationEssentials
import Postgres

/// Writes seasons of the demo to the database.
struct DemoDataset: Sendable {
    let database: PostgresClient

    /// Writes a season in one transaction; writes nothing if one of its ids is taken, by an earlier run or by other
    /// rows.
    /// - Returns: whether it was written.
    func write(_ season: DemoCalendar) async throws -> Bool {
        guard let events = season.ids(of: season.events.map(\.number)), let bookings = season.ids(of: season.sales.map(\.booking.number)) else {
            return false
        }
        let held = season.held
        let payments = season.sales.flatMap(\.payments)
        return try await database.transaction { tx in
            let isFree = try await tx.query(
                Self.isFree, as: Bool.self, events.lowerBound, events.upperBound, bookings.lowerBound, bookings.upperBound)
            guard isFree == [true] else { return false }
            try await tx.execute(Self.organizers, season.organizers.map { $0 }, season.organizers.map(DemoOrganizer.name))
            try await tx.copy(Self.events, rows: season.events.map { $0.row(sold: held[$0.number] ?? 0) })
            try await tx.copy(Self.bookings, rows: season.sales.map(\.booking.row))
            try await tx.copy(Self.payments, rows: payments.map(\.row))
            try await tx.copy(Self.refunds, rows: payments.compactMap(\.refundRow))
            try await tx.copy(Self.releases, rows: season.sales.compactMap(\.booking.releaseRow))
            try await tx.copy(Self.reminders, rows: season.sales.flatMap(\.booking.reminderRows))
            try await tx.copy(Self.eventCancelled, rows: season.events.compactMap(\.cancellationRow))
            try await tx.execute(Self.passOver)
            return true
        }
    }

    /// Updates the planner's statistics.
    func analyze() async throws { try await database.script("analyze events.events, bookings.bookings, payments.payments, payments.refunds") }

    /// The second payment of a booking has the even number.
    private static let isFree: SQL = """
        select not exists (select from events.events where id between $1 and $2)
           and not exists (select from bookings.bookings where id between $3 and $4)
           and not exists (select from payments.payments where id between $3 * 2 - 1 and $4 * 2)
        """

    private static let organizers: SQL = """
        insert into storefront.organizers (id, name, email)
        select id, name, 'organizer' || id || '@demo.boxoffice.example' from unnest($1::bigint[], $2::text[]) as fresh (id, name)
        on conflict (id) do nothing
        """

    private static let events: SQL = """
        copy events.events (id, organizer_id, title, category, location, time_zone, starts_at, ends_at, price, currency, total_tickets, tickets_sold,
                            status, completed_at, archived, archived_at, cancelled_at, created_at) from stdin
        """

    private static let bookings: SQL = """
        copy bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at, cancelled_at,
                                cancellation_reason, confirmation_email_sent, reminder_sent, reminder_sent_at, early_reminder_sent, follow_up_sent,
                                refund_requested, refund_requested_at, refund_amount, refund_approved_at, refund_processed, refund_denied,
                                refund_denial_reason, refunded_at, refund_failure) from stdin
        """

    private static let payments: SQL = """
        copy payments.payments (id, booking_id, user_id, amount, currency, gateway, reference, status, created_at, submitted_at, paid_at, failed_at,
                                failure_reason, abandoned_at, voided_at, refunded_amount, ask_at) from stdin
        """

    private static let refunds: SQL = """
        copy payments.refunds (id, payment_id, booking_id, amount, currency, cause, status, requested_at, settled_at, failure) from stdin
        """

    private static let releases: SQL = "copy events.releases (booking_id, event_id, quantity, released_at) from stdin"

    private static let reminders: SQL = "copy events.reminders (booking_id, kind, event_id, reminded_at) from stdin"

    private static let eventCancelled: SQL = "copy bookings.event_cancellations (event_id, reason, reported_at) from stdin"

    /// Moves the sequences behind these ids for the web shop's next rows.
    private static let passOver: SQL = """
        select setval(pg_get_serial_sequence('storefront.organizers', 'id'), (select max(id) from storefront.organizers)),
               setval(pg_get_serial_sequence('events.events', 'id'), (select max(id) from events.events)),
               setval(pg_get_serial_sequence('bookings.bookings', 'id'), (select max(id) from bookings.bookings)),
               setval(pg_get_serial_sequence('payments.payments', 'id'), (select max(id) from payments.payments)),
               setval(pg_get_serial_sequence('payments.refunds', 'id'), (select max(id) from payments.refunds))
        """
}

extension DemoCalendar {
    fileprivate func ids(of numbers: [Int]) -> ClosedRange<Int>? {
        guard let first = numbers.first, let last = numbers.last else { return nil }
        return first...last
    }
}

extension DemoEvent {
    fileprivate func row(sold: Int) -> [any PostgresEncodable] {
        [
            number, organizer, title, category, location, zone, startsAt, endsAt, price, currency, seats(sold: sold), sold, scenario.status.rawValue,
            completedAt, archivedAt != nil, archivedAt, cancelledAt, createdAt,
        ]
    }

    fileprivate var cancellationRow: [any PostgresEncodable]? {
        cancelledAt.map { [number, "the artists are ill", $0] }
    }
}

extension DemoBooking {
    fileprivate var row: [any PostgresEncodable] {
        [
            number, reference, userId, eventId, quantity, totalAmount, currency, status.rawValue, createdAt, confirmedAt, cancelledAt,
            cancellationReason, confirmationSent, remindedAt != nil, remindedAt, remindedEarlyAt != nil, followUpSent, refundRequestedAt != nil,
            refundRequestedAt, refundAmount, refundApprovedAt, refundProcessed, refundDenialReason != nil, refundDenialReason, refundedAt,
            refundFailure,
        ]
    }

    /// The row of `events.releases` for released tickets.
    fileprivate var releaseRow: [any PostgresEncodable]? {
        cancelledAt.map { [number, eventId, quantity, $0] }
    }

    fileprivate var reminderRows: [[any PostgresEncodable]] {
        let reminders = [("day-before", remindedAt), ("week-before", remindedEarlyAt)]
        return reminders.compactMap { kind, instant in instant.map { [number, kind, eventId, $0] } }
    }
}

extension DemoPayment {
    fileprivate var row: [any PostgresEncodable] {
        [
            number, bookingId, userId, amount, currency, gateway, reference, status.rawValue, createdAt, submittedAt, paidAt, failedAt, failureReason,
            abandonedAt, voidedAt, refundedAmount, askAt,
        ]
    }

    fileprivate var refundRow: [any PostgresEncodable]? {
        refund.map {
            [
                number, number, bookingId, $0.amount, currency, $0.cause.rawValue, $0.failure == nil ? "paid" : "failed", $0.requestedAt,
                $0.settledAt,
                $0.failure,
            ]
        }
    }
}
