import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Analytics

/// The analytics service at work, among rows as the shop and the other services leave them.
struct AnalyticsFixture: Sendable {
    let environment: TestEnvironment
    let stubs: StubServices

    /// Opens a fixture at an instant, and lets replicas of the service work while the body runs.
    static func open(
        at now: String = "2026-11-26T12:00:00Z", zone: String = "UTC", replicas: Int = 1, settings: [String: String] = [:],
        _ body: @Sendable @escaping (AnalyticsFixture) async throws -> Void
    ) async throws {
        try await TestEnvironment.open(at: instant(now)) { environment in
            try await environment.adoptSchedules(zone: zone)
            try await StubServices.open { stubs in
                let fixture = AnalyticsFixture(environment: environment, stubs: stubs)
                try await fixture.play(replicas, stubs.settings.merging(settings) { $1 }, body)
            }
        }
    }

    private func play(_ replicas: Int, _ settings: [String: String], _ body: @Sendable (AnalyticsFixture) async throws -> Void) async throws {
        guard replicas > 0 else { return try await body(self) }
        try await environment.with(Analytics.self, settings: settings) { _ in try await play(replicas - 1, settings, body) }
    }

    /// An RFC 3339 instant, or the midnight of a day in UTC.
    static func instant(_ text: String) throws -> Date {
        try #require(RFC3339.date(from: text.contains("T") ? text : "\(text)T00:00:00Z"), "\(text) is no instant")
    }

    // MARK: - Rows

    func user(_ id: Int, created: String, active: String? = nil) async throws {
        try await environment.database.execute(
            "insert into storefront.users (id, email, created_at, last_activity_at) values ($1, 'u@example.org', $2, $3)", id,
            Self.instant(created), active.map(Self.instant))
    }

    func event(
        _ id: Int, title: String = "Concert", category: String = "music", starts: String, completed: String? = nil, created: String = "2020-01-01",
        tickets: Int = 100
    ) async throws {
        try await environment.database.execute(
            """
            insert into events.events (id, organizer_id, title, category, time_zone, starts_at, price, currency, total_tickets, status, completed_at,
                                       created_at)
            values ($1, 1, $2, $3, 'UTC', $4, 2500, 'EUR', $5, case when $6::timestamptz is null then 'upcoming' else 'completed' end, $6, $7)
            """, id, title, category, Self.instant(starts), tickets, completed.map(Self.instant), Self.instant(created))
    }

    func booking(
        _ id: Int, user: Int = 1, event: Int = 1, created: String, confirmed: String? = nil, cancelled: String? = nil, quantity: Int = 1,
        amount: Int = 2500, currency: String = "EUR"
    ) async throws {
        try await environment.database.execute(
            """
            insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at,
                                           cancelled_at)
            values ($1, 'B-' || $1, $2, $3, $4, $5, $6,
                    case when $9::timestamptz is not null then 'cancelled' when $8::timestamptz is not null then 'confirmed' else 'pending' end,
                    $7, $8, $9)
            """, id, user, event, quantity, amount, currency, Self.instant(created), confirmed.map(Self.instant), cancelled.map(Self.instant))
    }

    // MARK: - Events

    static func details(_ id: Int, _ amount: Int, _ currency: String = "EUR") -> PaymentDetails {
        PaymentDetails(paymentId: id, bookingId: id, userId: 1, money: Money(amount, currency))
    }

    func paid(_ id: Int, _ amount: Int, _ currency: String = "EUR", at instant: String) throws -> PaymentSucceeded {
        try PaymentSucceeded(Self.details(id, amount, currency), paidAt: Self.instant(instant))
    }

    func refunded(_ id: Int, _ amount: Int, _ cause: PaymentRefunded.Cause, at instant: String) throws -> PaymentRefunded {
        try PaymentRefunded(Self.details(id, amount), cause: cause, refundedAt: Self.instant(instant))
    }

    /// Waits until the service has processed everything that was published for it.
    func processed() async throws {
        try await environment.eventually("messages wait for analytics") {
            guard let queue = try await environment.broker.inspect(queue: "analytics.events") else { return false }
            return queue.messages == 0
        }
    }

    func facts(_ expected: Int) async throws { try await environment.eventually("select count(*)::int from analytics.facts", expected) }

    // MARK: - Reports

    /// Runs a report for the period that ends at an instant, as its tick would.
    @discardableResult
    func report(_ job: JobName, from previous: String? = nil, at instant: String, dryRun: Bool = false) async throws -> EndedRun {
        try await environment.ended(
            try await environment.tick(
                job, at: Self.instant(instant), trigger: .manual, dryRun: dryRun, misfire: .all, previous: previous.map(Self.instant)))
    }

    /// A figure of the newest report of a kind by its path, `bookings.created`, as JSON.
    func figure(_ path: String, of kind: String = "daily") async throws -> String? {
        try await environment.value(
            "select (body #> string_to_array($2, '.'))::text from analytics.reports where kind = $1 order by period_end desc limit 1",
            as: String?.self,
            kind, path) ?? nil
    }

    /// The body of a report as text.
    func body(_ kind: String = "daily", endedAt instant: String) async throws -> String? {
        try await environment.value(
            "select body::text from analytics.reports where kind = $1 and period_end = $2", as: String.self, kind, Self.instant(instant))
    }
}
