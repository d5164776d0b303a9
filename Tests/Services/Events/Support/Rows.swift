import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Events

extension Date {
    /// An RFC 3339 instant: `2026-11-21T20:00:00Z`.
    init(_ text: String) throws { self = try #require(RFC3339.date(from: text), "\(text) is no instant") }
}

/// Events, users and bookings as the web shop leaves them.
extension TestEnvironment {
    /// Runs the body with the events service and the world outside.
    static func events(
        at now: String, zone: String = "UTC", settings: [String: String] = [:],
        _ body: @escaping @Sendable (TestEnvironment, StubServices) async throws -> Void
    ) async throws {
        try await open(at: Date(now)) { environment in
            try await environment.adoptSchedules(zone: zone)
            try await StubServices.open { stubs in
                try await environment.with(Events.self, settings: stubs.settings.merging(settings) { _, ours in ours }) { _ in
                    try await body(environment, stubs)
                }
            }
        }
    }

    func user(_ id: Int, email: String? = "ada@example.org", firstName: String = "Ada", language: String = "en-us") async throws {
        try await database.execute(
            "insert into storefront.users (id, email, first_name, language) values ($1, $2, $3, $4)", id, email, firstName, language)
    }

    func event(
        _ id: Int, starts: String, ends: String? = nil, zone: String = "UTC", title: String = "Concert", location: String = "Town Hall",
        tickets: Int = 100, status: String = "upcoming", completed: String? = nil, created: String = "2026-01-01T00:00:00Z"
    ) async throws {
        try await database.execute(
            """
            insert into events.events (id, organizer_id, title, location, time_zone, starts_at, ends_at, price, currency, total_tickets, status,
                                       completed_at, created_at)
            values ($1, 1, $2, $3, $4, $5, $6, 0, 'EUR', $7, $8, $9, $10)
            """, id, title, location, zone, Date(starts), ends.map(Date.init(_:)), tickets, status, completed.map(Date.init(_:)), Date(created))
    }

    /// Bookings of one event that cost nothing, one a number, with the tickets they hold taken.
    func bookings(
        _ ids: ClosedRange<Int>, of event: Int, user: Int = 1, quantity: Int = 1, status: String = "confirmed",
        created: String = "2026-01-02T00:00:00Z"
    ) async throws {
        try await database.execute(
            """
            insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at)
            select n, 'B-' || n, $3, $4, $5, 0, 'EUR', $6, $7, case when $6 = 'confirmed' then $7 end from generate_series($1, $2) n
            """, ids.lowerBound, ids.upperBound, user, event, quantity, status, Date(created))
        guard status == "pending" || status == "confirmed" else { return }
        try await database.execute("update events.events set tickets_sold = tickets_sold + $2 where id = $1", event, ids.count * quantity)
    }

    /// What the books say that must balance.
    func breaches() async throws -> [String] {
        try await database.query("select rule || ': ' || subject || ': ' || detail from operations.conservation()", as: String.self)
    }

    /// The statuses of all events, in the order of their ids.
    func statuses() async throws -> [String] { try await database.query("select status from events.events order by id", as: String.self) }

    /// How often an event has moved, as `upcoming → live`.
    func moves(of event: Int) async throws -> [String] {
        try await database.query("select was || ' → ' || became from events.status_history where of = $1 order by id", as: String.self, event)
    }

    /// Runs a job now and waits for its end.
    func run(_ job: JobName, dryRun: Bool = false) async throws -> EndedRun {
        try await ended(try await tick(job, trigger: .manual, dryRun: dryRun))
    }
}
