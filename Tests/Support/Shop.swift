import FoundationEssentials
import Postgres
import Testing

/// The web shop of a house: it makes events and takes orders, and keeps the books.
public struct Shop: Sendable {
    let environment: TestEnvironment

    /// An order that was taken.
    public struct Order: Decodable, Sendable {
        /// The booking.
        public let bookingId: Int
        /// The payment that was begun with it.
        public let paymentId: Int
        /// How the gateway knows that payment.
        public let reference: String
    }

    /// Makes an event.
    @discardableResult
    public func event(startsAt: Date, zone: String = "Europe/Madrid", total: Int = 10_000) async throws -> Int {
        let id = try await environment.database.query(
            """
            insert into events.events (organizer_id, title, location, time_zone, starts_at, price, currency, total_tickets, created_at)
            values (1, 'Noche de flamenco', 'Plaza Mayor 1', $2, $1, 999, 'EUR', $3, $1 - interval '60 days')
            returning id
            """, as: Int.self, startsAt, zone, total
        ).first
        return try #require(id)
    }

    /// Takes orders of so many customers as the shop does, each in one transaction with its tickets: a booking and a payment of 9.99 EUR a ticket.
    ///
    /// - Parameters:
    ///   - at: When they were taken.
    ///   - submitted: When their payments were handed to the gateway; nil when they were not.
    public func orders(_ count: Int, of event: Int, at instant: Date, submitted: Date? = nil, quantity: Int = 2) async throws -> [Order] {
        try await environment.database.query(
            """
            with users as (
                insert into storefront.users (email, first_name, language, email_verified)
                select gen_random_uuid() || '@example.org', 'Ana', case when n % 2 = 0 then 'es' else 'en-us' end, true from generate_series(1, $1) n
                returning id),
            bookings as (
                insert into bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, created_at)
                select 'B-' || id, id, $2, $3, 999 * $3, 'EUR', $4 from users
                returning id, user_id),
            payments as (
                insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, status, created_at, submitted_at)
                select id, user_id, 999 * $3, 'EUR', 'paystack', 'T-' || id, case when $5::timestamptz is null then 'pending' else 'processing' end, $4, $5
                from bookings
                returning id, booking_id, reference),
            taken as (update events.events set tickets_sold = tickets_sold + $3 * $1 where id = $2)
            select booking_id, id as payment_id, reference from payments order by booking_id
            """, as: Order.self, count, event, quantity, instant, submitted)
    }

    /// Begins one more payment of an order, as a customer does who tries again.
    public func anotherPayment(of order: Order, at instant: Date, submitted: Date? = nil) async throws -> Order {
        let more = try await environment.database.query(
            """
            insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, status, created_at, submitted_at)
            select booking_id, user_id, amount, currency, gateway, reference || '-again', case when $3::timestamptz is null then 'pending' else 'processing' end, $2, $3
            from payments.payments where id = $1
            returning booking_id, id as payment_id, reference
            """, as: Order.self, order.paymentId, instant, submitted)
        return try #require(more.first)
    }

    /// Waits until everything that was caused has been worked, and expects the books to balance.
    public func booksBalance(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await environment.eventually("messages or deliveries wait", sourceLocation: sourceLocation) {
            try await environment.value(Self.waiting, as: Int.self) == 0
        }
        var breaches: [String] = []
        try await environment.eventually("the books do not balance", sourceLocation: sourceLocation) {
            breaches = try await environment.database.query(
                "select rule || ': ' || subject || ': ' || detail from operations.conservation()", as: String.self)
            return breaches.isEmpty
        }
        #expect(breaches == [], sourceLocation: sourceLocation)
    }

    private static let waiting: SQL = """
        select (select count(*) from payments.outbox) + (select count(*) from bookings.outbox) + (select count(*) from events.outbox)
             + (select count(*) from payments.deliveries where status = 'queued') + (select count(*) from bookings.deliveries where status = 'queued')
             + (select count(*) from events.deliveries where status = 'queued')
             + (select count(*) from operations.job_runs where outcome = 'running')
        """
}

extension TestEnvironment {
    /// The web shop.
    public var shop: Shop { Shop(environment: self) }
}
