import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Marketing

/// The marketing service at work, among users, events and bookings as the shop and the other services leave them.
struct MarketingFixture: Sendable {
    let environment: TestEnvironment
    let stubs: StubServices

    /// Opens a fixture at an instant, and lets replicas of the service work while the body runs.
    static func open(
        at now: String, zone: String = "UTC", replicas: Int = 1, settings: [String: String] = [:],
        _ body: @Sendable @escaping (MarketingFixture) async throws -> Void
    ) async throws {
        try await TestEnvironment.open(at: instant(now)) { environment in
            try await environment.adoptSchedules(zone: zone)
            try await StubServices.open { stubs in
                let fixture = MarketingFixture(environment: environment, stubs: stubs)
                try await fixture.play(replicas, stubs.settings.merging(settings) { $1 }, body)
            }
        }
    }

    private func play(_ replicas: Int, _ settings: [String: String], _ body: @Sendable (MarketingFixture) async throws -> Void) async throws {
        guard replicas > 0 else { return try await body(self) }
        try await environment.with(Marketing.self, settings: settings) { _ in try await play(replicas - 1, settings, body) }
    }

    /// An RFC 3339 instant, or the midnight of a day in UTC.
    static func instant(_ text: String) throws -> Date {
        try #require(RFC3339.date(from: text.contains("T") ? text : "\(text)T00:00:00Z"), "\(text) is no instant")
    }

    // MARK: - Rows

    /// Users that allow every mail, unless something else is said.
    func users(
        _ ids: ClosedRange<Int>, email: String? = nil, name: String = "Ana", language: String = "en-us", zone: String = "UTC", born: String? = nil,
        verified: Bool = true, newsletter: Bool = true, promotions: Bool = true, created: String = "2020-01-01"
    ) async throws {
        try await environment.database.execute(
            """
            insert into storefront.users (id, email, first_name, language, time_zone, date_of_birth, email_verified, newsletter_subscribed,
                                          promotional_emails, created_at)
            select n, coalesce($3, 'user' || n || '@example.org'), $4, $5, $6, $7::text::date, $8, $9, $10, $11 from generate_series($1, $2) n
            """, ids.lowerBound, ids.upperBound, email, name, language, zone, born, verified, newsletter, promotions, Self.instant(created))
    }

    func user(
        _ id: Int, email: String? = nil, name: String = "Ana", zone: String = "UTC", born: String? = nil, verified: Bool = true,
        newsletter: Bool = true, promotions: Bool = true, created: String = "2020-01-01"
    ) async throws {
        try await users(
            id...id, email: email, name: name, zone: zone, born: born, verified: verified, newsletter: newsletter, promotions: promotions,
            created: created)
    }

    func event(
        _ id: Int, starts: String, zone: String = "UTC", title: String = "Concert", tickets: Int = 100, sold: Int = 0, status: String = "upcoming",
        completed: String? = nil, organizer: Int = 1
    ) async throws {
        try await environment.database.execute(
            """
            insert into events.events (id, organizer_id, title, location, time_zone, starts_at, price, currency, total_tickets, tickets_sold, status,
                                       completed_at)
            values ($1, $2, $3, 'Town Hall', $4, $5, 2500, 'EUR', $6, $7, $8, $9)
            """, id, organizer, title, zone, Self.instant(starts), tickets, sold, status, completed.map(Self.instant))
    }

    func booking(
        _ id: Int, user: Int, event: Int, created: String, status: String = "confirmed", quantity: Int = 1, amount: Int = 2500,
        currency: String = "EUR",
        followedUp: Bool = false
    ) async throws {
        try await environment.database.execute(
            """
            insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at, follow_up_sent)
            values ($1, 'B-' || $1, $2, $3, $4, $5, $6, $7, $8, case when $7 <> 'pending' then $8::timestamptz end, $9)
            """, id, user, event, quantity, amount, currency, status, Self.instant(created), followedUp)
    }

    func payment(of booking: Int, amount: Int, currency: String = "EUR", refunded: Int = 0) async throws {
        try await environment.database.execute(
            """
            insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, status, paid_at, refunded_amount)
            values ($1, 1, $2, $3, 'card', gen_random_uuid()::text, 'succeeded', now(), $4)
            """, booking, amount, currency, refunded)
    }

    // MARK: - Looking

    /// Runs a job for a time of its schedule, now unless another is said, and waits for its end.
    @discardableResult
    func run(_ job: JobName, at instant: String? = nil, dryRun: Bool = false) async throws -> EndedRun {
        try await environment.ended(try await environment.tick(job, at: instant.map(Self.instant), trigger: .manual, dryRun: dryRun))
    }

    /// The users that a campaign has reached, in the order of their ids; of several mails each counts.
    func reached(_ campaign: Campaign) async throws -> [Int] {
        try await environment.database.query(
            "select user_id from marketing.campaign_log where campaign = $1 and user_id is not null order by user_id, id", as: Int.self,
            campaign.rawValue)
    }

    /// What the log has of a campaign, as `user subject period`.
    func log(_ campaign: Campaign) async throws -> [String] {
        try await environment.database.query(
            "select concat_ws(' ', coalesce(user_id, organizer_id), subject_id, nullif(period, '')) from marketing.campaign_log where campaign = $1 order by id",
            as: String.self, campaign.rawValue)
    }

    /// How many rows of the run had this decision.
    func count(_ run: EndedRun, _ decision: String) throws -> Int {
        let details = try WireCoding.decodeJSON(Details.self, from: Array(run.details.utf8)[...])
        return details.rows?[decision]?.count ?? 0
    }

    private struct Details: Decodable {
        let rows: [String: Group]?

        struct Group: Decodable {
            let count: Int
        }
    }
}
