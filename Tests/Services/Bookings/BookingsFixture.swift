import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Synchronization
import Testing

@testable import Bookings

/// The bookings service at work, among rows as the shop and the other services leave them, with somebody who listens to what it publishes.
struct BookingsFixture: Sendable {
    /// A Saturday, 12:00 UTC.
    static let noon = Date(timeIntervalSince1970: 1_795_262_400)

    let environment: TestEnvironment
    let stubs: StubServices
    private let heard = ReceivedMessage()

    private final class ReceivedMessage: Sendable {
        let deliveries = Mutex<[AMQPDelivery]>([])
    }

    /// Opens a fixture at noon, with the user 1 and the event 1 of a week later, and lets the service work while the body runs.
    static func open(
        replicas: Int = 1, zone: String = "UTC", settings: [String: String] = [:], _ body: @Sendable @escaping (BookingsFixture) async throws -> Void
    ) async throws {
        try await TestEnvironment.open(at: noon) { environment in
            try await environment.broker.declare(
                .init(
                    queues: [.init("listener", exclusive: true)],
                    bindings: [.init(queue: "listener", exchange: Exchange.events, routingKey: "#")]))
            try await StubServices.open { stubs in
                let fixture = BookingsFixture(environment: environment, stubs: stubs)
                try await environment.adoptSchedules(zone: zone)
                try await fixture.user(1)
                try await fixture.event(1)
                try await fixture.play(replicas, stubs.settings.merging(settings) { $1 }, body)
            }
            try await environment.broker.delete(queue: "listener")
        }
    }

    private func play(_ replicas: Int, _ settings: [String: String], _ body: @Sendable (BookingsFixture) async throws -> Void) async throws {
        guard replicas > 0 else { return try await body(self) }
        try await environment.with(Bookings.self, settings: settings) { _ in try await play(replicas - 1, settings, body) }
    }

    // MARK: - Rows

    func user(_ id: Int, name: String = "Ana", email: String? = "ana@example.org", language: String = "en-us") async throws {
        try await environment.database.execute(
            "insert into storefront.users (id, email, first_name, language) values ($1, $2, $3, $4)", id, email, name, language)
    }

    func event(
        _ id: Int, title: String = "The Magic Flute", place: String = "Opera House", zone: String = "Europe/Madrid",
        startsAt: Date = noon + 7 * 86_400
    ) async throws {
        try await environment.database.execute(
            """
            insert into events.events (id, organizer_id, title, location, time_zone, starts_at, price, currency, total_tickets)
            values ($1, 1, $2, $3, $4, $5, 2500, 'EUR', 100000)
            """, id, title, place, zone, startsAt)
    }

    /// A booking of two tickets, `B-<id>`, made so many minutes ago.
    func booking(
        _ id: Int, _ status: String = "pending", user: Int = 1, event: Int = 1, amount: Int = 5000, minutesAgo: Double = 11
    ) async throws {
        try await environment.database.execute(
            """
            insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at,
                                           cancelled_at, cancellation_reason)
            values ($1, 'B-' || $1, $2, $3, 2, $4, 'EUR', $5, $6, case when $5 = 'confirmed' then $6 end,
                    case when $5 = 'cancelled' then $6 end, case when $5 = 'cancelled' then 'expired' end)
            """, id, user, event, amount, status, environment.clock.now - minutesAgo * 60)
    }

    /// A payment of a booking.
    func payment(_ id: Int, of booking: Int, _ status: String, amount: Int = 5000, back: Int = 0) async throws {
        try await environment.database.execute(
            """
            insert into payments.payments (id, booking_id, user_id, amount, currency, gateway, reference, status, created_at, paid_at, refunded_amount)
            values ($1, $2, 1, $3, 'EUR', 'gateway', 'P-' || $1, $4, $5, case when $4 = 'succeeded' then $5::timestamptz end, $6)
            """, id, booking, amount, status, environment.clock.now, back)
    }

    /// Money of a payment on its way back, or back.
    func refund(of payment: Int, _ cause: String, _ status: String, amount: Int) async throws {
        try await environment.database.execute(
            """
            insert into payments.refunds (payment_id, booking_id, amount, currency, cause, status, requested_at)
            select id, booking_id, $2, currency, $3, $4, $5 from payments.payments where id = $1
            """, payment, amount, cause, status, environment.clock.now)
    }

    /// A confirmed booking that was paid, and whose customer asked for the money back.
    func request(_ id: Int, event: Int = 1, amount: Int = 5000, at instant: Date) async throws {
        try await booking(id, "confirmed", event: event, amount: amount)
        try await payment(id, of: id, "succeeded", amount: amount)
        try await environment.database.execute(
            "update bookings.bookings set refund_requested = true, refund_requested_at = $2 where id = $1", id, instant)
    }

    // MARK: - Looking

    /// The booking as one line: status, reason and whatever columns are asked for.
    func look(_ id: Int, _ columns: String = "status") async throws -> String? {
        try await environment.database.query(SQL(file: "select concat_ws(' ', \(columns)) from bookings.bookings where id = $1"), as: String.self, id)
            .first
    }

    /// How many rows a table of the service has.
    func count(_ table: String) async throws -> Int? {
        try await environment.database.query(SQL(file: "select count(*) from bookings.\(table)"), as: Int.self).first
    }

    /// Everything that the service keeps, as one text: the same text, nothing changed.
    func snapshot() async throws -> String? {
        try await environment.database.query(
            """
            select md5(string_agg(line, E'\\n' order by line)) from (
                select b::text as line from bookings.bookings b union all select h::text from bookings.status_history h
                union all select f::text from bookings.removed_figures f union all select r::text from bookings.reports r
                union all select dedupe_key from bookings.deliveries) lines
            """, as: String.self
        ).first
    }

    // MARK: - Work

    /// Runs a job to its end.
    @discardableResult
    func run(_ job: JobName, dryRun: Bool = false) async throws -> EndedRun {
        try await environment.ended(try await environment.tick(job, trigger: .manual, dryRun: dryRun))
    }

    /// Publishes a message and waits until it has been worked.
    func sendMail<M: Message>(_ message: M, id: String = OutgoingMessage.newID()) async throws {
        try await environment.publish(message, id: id)
        try await environment.eventually("select count(*) from bookings.inbox where message_id = $1", 1, [id])
    }

    func sendMail(succeeded payment: Int, of booking: Int, amount: Int = 5000) async throws {
        try await sendMail(
            PaymentSucceeded(
                PaymentDetails(paymentId: payment, bookingId: booking, userId: 1, money: Money(amount, "EUR")), paidAt: environment.clock.now))
    }

    func sendMail(failed payment: Int, of booking: Int) async throws {
        try await sendMail(
            PaymentFailed(
                PaymentDetails(paymentId: payment, bookingId: booking, userId: 1, money: Money(5000, "EUR")), reason: "gateway timeout",
                failedAt: environment.clock.now
            ))
    }

    func sendMail(abandoned payment: Int, of booking: Int) async throws {
        try await sendMail(
            PaymentAbandoned(
                PaymentDetails(paymentId: payment, bookingId: booking, userId: 1, money: Money(5000, "EUR")), abandonedAt: environment.clock.now))
    }

    func sendMail(refunded payment: Int, of booking: Int, amount: Int, because cause: PaymentRefunded.Cause = .approved) async throws {
        try await sendMail(
            PaymentRefunded(
                PaymentDetails(paymentId: payment, bookingId: booking, userId: 1, money: Money(amount, "EUR")), cause: cause,
                refundedAt: environment.clock.now))
    }

    /// What the service has published of a type so far, once all of it is out.
    func published<M: Message>(_ type: M.Type) async throws -> [M] {
        try await environment.eventually("select count(*) from bookings.outbox", 0)
        let fresh = try await environment.take("listener")
        let all = heard.deliveries.withLock { deliveries in
            deliveries += fresh
            return deliveries
        }
        return try all.filter { $0.routingKey == M.type.rawValue }.map { try M.decode(try Envelope($0).data) }
    }

    /// The mails that have arrived, once all of them are out.
    func mails() async throws -> [StubServices.Mail] {
        try await environment.eventually("select count(*) from bookings.deliveries where status <> 'sent'", 0)
        return try await stubs.mails()
    }
}
