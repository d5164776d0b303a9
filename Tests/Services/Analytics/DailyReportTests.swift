import Contracts
import Platform
import Postgres
import Support
import Testing

@testable import Analytics

@Suite("analytics.generate-daily")
struct DailyReportTests {
    private static let start = "2026-11-24T23:00:00Z"
    private static let end = "2026-11-25T23:00:00Z"

    /// A day with something of everything.
    private func company(_ analytics: AnalyticsFixture) async throws {
        try await analytics.user(1, created: "2026-01-01", active: "2026-11-25T08:00:00Z")
        try await analytics.user(2, created: Self.start)
        try await analytics.user(3, created: Self.end, active: Self.end)
        try await analytics.user(4, created: "2026-01-01", active: "2026-11-24T22:59:59Z")
        try await analytics.event(1, title: "Opera", starts: "2026-12-24")
        try await analytics.event(2, title: "Jazz", starts: "2026-11-25T20:00:00Z", created: "2026-11-25T01:00:00Z")
        try await analytics.event(3, starts: "2026-11-25T10:00:00Z", completed: "2026-11-25T14:00:00Z")
        // Made and confirmed in the period; one of another currency.
        try await analytics.booking(1, event: 1, created: Self.start, confirmed: "2026-11-25T00:00:00Z", quantity: 2, amount: 5000)
        try await analytics.booking(
            2, user: 2, event: 2, created: "2026-11-25T10:00:00Z", confirmed: "2026-11-25T10:01:00Z", quantity: 2, amount: 700, currency: "USD")
        // Confirmed after its end; confirmed within, made before; pending; cancelled after it was confirmed.
        try await analytics.booking(3, event: 1, created: "2026-11-25T22:59:59Z", confirmed: Self.end)
        try await analytics.booking(4, event: 1, created: "2026-11-24T22:00:00Z", confirmed: Self.start, quantity: 3)
        try await analytics.booking(5, event: 1, created: "2026-11-25T10:00:00Z")
        try await analytics.booking(
            6, user: 9, event: 2, created: "2026-11-25T10:00:00Z", confirmed: "2026-11-25T11:00:00Z", cancelled: "2026-11-25T12:00:00Z", quantity: 4)
    }

    @Test("Each figure counts what happened within the period, at its own time")
    func figures() async throws {
        try await AnalyticsFixture.open(at: Self.end) { analytics in
            try await company(analytics)
            try await analytics.environment.publish([
                (analytics.paid(1, 5000, at: Self.start), "1"), (analytics.paid(2, 700, "USD", at: "2026-11-25T10:01:00Z"), "2"),
                (analytics.paid(3, 9999, at: Self.end), "3"),
            ])
            try await analytics.environment.publish(analytics.refunded(1, 1500, .approved, at: "2026-11-25T20:00:00Z"))
            try await analytics.environment.publish(
                PaymentFailed(AnalyticsFixture.details(5, 1), reason: "no", failedAt: AnalyticsFixture.instant("2026-11-25T10:30:00Z")))
            try await analytics.facts(5)
            let run = try await analytics.report(.analyticsGenerateDaily, from: Self.start, at: Self.end)
            #expect(run.outcome == .succeeded)
            let expected = [
                "users": #"{"new": 1, "total": 3, "active": 3}"#, "events": #"{"new": 1, "live": 1, "completed": 1}"#,
                "bookings": #"{"created": 5, "tickets": 11, "refunded": 0, "cancelled": 1, "confirmed": 4}"#,
                "payments": #"{"failed": 1, "abandoned": 0, "succeeded": 2, "successRate": 0.6667}"#, "conversionRate": "0.6000",
                "revenue": #"{"EUR": 5000, "USD": 700}"#, "refunds": #"{"EUR": 1500}"#,
                "topEvents":
                    #"[{"title": "Jazz", "eventId": 2, "revenue": {"EUR": 2500, "USD": 700}, "tickets": 6}, {"title": "Opera", "eventId": 1, "revenue": {"EUR": 7500}, "tickets": 5}]"#,
            ]
            for (path, value) in expected { #expect(try await analytics.figure(path) == value, "\(path)") }
        }
    }

    @Test("A period in which nothing happened has zeros, and null for a rate of nothing")
    func emptyPeriod() async throws {
        try await AnalyticsFixture.open(at: Self.end) { analytics in
            try await analytics.report(.analyticsGenerateDaily, from: Self.start, at: Self.end)
            #expect(
                try await analytics.body(endedAt: Self.end)
                    == #"{"users": {"new": 0, "total": 0, "active": 0}, "events": {"new": 0, "live": 0, "completed": 0}, "refunds": {}, "revenue": {}, "bookings": {"created": 0, "tickets": 0, "refunded": 0, "cancelled": 0, "confirmed": 0}, "payments": {"failed": 0, "abandoned": 0, "succeeded": 0, "successRate": null}, "topEvents": [], "conversionRate": null}"#
            )
        }
    }

    @Test("What no message has reported yet is copied from its owner, and counts once when the message comes")
    func messagesUnderWay() async throws {
        try await AnalyticsFixture.open(at: Self.end) { analytics in
            try await company(analytics)
            try await analytics.environment.database.execute(
                """
                insert into payments.payments (id, booking_id, user_id, amount, currency, gateway, reference, status, paid_at, refunded_amount)
                values (1, 1, 1, 5000, 'EUR', 'card', 'R-1', 'succeeded', '2026-11-25T10:00:00Z', 1500)
                """)
            try await analytics.environment.database.execute(
                """
                insert into payments.refunds (payment_id, booking_id, amount, currency, cause, status, requested_at, settled_at)
                values (1, 1, 1500, 'EUR', 'approved', 'paid', '2026-11-25T11:00:00Z', '2026-11-25T11:00:00Z')
                """)
            try await analytics.report(.analyticsGenerateDaily, from: Self.start, at: Self.end)
            let first = try await analytics.body(endedAt: Self.end)
            #expect(try await analytics.figure("revenue") == #"{"EUR": 5000}"#)
            #expect(try await analytics.figure("refunds") == #"{"EUR": 1500}"#)
            #expect(try await analytics.figure("bookings.cancelled") == "1")
            try await analytics.environment.publish(analytics.refunded(1, 1500, .approved, at: "2026-11-25T11:00:00Z"))
            try await analytics.environment.publish(analytics.paid(1, 5000, at: "2026-11-25T10:00:00Z"))
            try await analytics.processed()
            try await analytics.report(.analyticsGenerateDaily, from: Self.start, at: Self.end)
            #expect(try await analytics.body(endedAt: Self.end) == first)
            #expect(try await analytics.environment.value("select count(*)::int from analytics.reports where revised_at is null", as: Int.self) == 1)
        }
    }

    @Test("A report of March is the same in June, though users were deleted and events renamed, but for what came late; and it says what")
    func laterReport() async throws {
        try await AnalyticsFixture.open(at: Self.end) { analytics in
            try await company(analytics)
            try await analytics.report(.analyticsGenerateDaily, from: Self.start, at: Self.end)
            let first = try await analytics.body(endedAt: Self.end)
            try await analytics.environment.database.execute("delete from storefront.users where id in (1, 2)")
            try await analytics.environment.database.execute("update events.events set title = 'Renamed'")
            try await analytics.environment.database.execute("update storefront.users set last_activity_at = '2027-06-01'")
            analytics.environment.clock.advance(200 * 86_400)
            try await analytics.report(.analyticsGenerateDaily, from: Self.start, at: Self.end)
            #expect(try await analytics.body(endedAt: Self.end) == first)

            try await analytics.environment.publish(analytics.paid(7, 4200, at: "2026-11-25T22:59:00Z"))
            try await analytics.processed()
            try await analytics.report(.analyticsGenerateDaily, from: Self.start, at: Self.end)
            #expect(try await analytics.figure("revenue.EUR") == "4200")
            let earlier = try await analytics.environment.value(
                "select (earlier -> 0 -> 'body')::text from analytics.reports where revised_at > made_at and jsonb_array_length(earlier) = 1",
                as: String.self)
            #expect(earlier == first)
            let changes = try await analytics.environment.database.query(
                """
                select concat_ws(' ', c ->> 'figure', c ->> 'was', c ->> 'is')
                from analytics.reports cross join jsonb_array_elements(earlier -> 0 -> 'changes') c
                """, as: String.self)
            #expect(
                changes == ["payments.succeeded 0 1", "payments.successRate 1.0000", "revenue {}", "revenue.EUR 4200"])
        }
    }

    @Test("Users of a day that is first reported months later are those that are left, and the report says that they are estimates")
    func usersOfPastDay() async throws {
        try await AnalyticsFixture.open(at: "2027-06-01") { analytics in
            try await company(analytics)
            try await analytics.environment.database.execute("delete from storefront.users where id = 4")
            for _ in 1...2 {
                try await analytics.report(.analyticsGenerateDaily, from: Self.start, at: Self.end)
                #expect(try await analytics.figure("users.total") == "2")
                #expect(try await analytics.figure("estimates") == #"["users"]"#)
                try await analytics.environment.database.execute("delete from storefront.users where id = 1")
            }
        }
    }

    @Test("A dry run makes no report and keeps no figures")
    func dryRun() async throws {
        try await AnalyticsFixture.open(at: Self.end) { analytics in
            try await company(analytics)
            let run = try await analytics.report(.analyticsGenerateDaily, from: Self.start, at: Self.end, dryRun: true)
            #expect(run.outcome == .succeeded)
            #expect(
                try await analytics.environment.value(
                    """
                    select ((select count(*) from analytics.reports) + (select count(*) from analytics.snapshots)
                            + (select count(*) from analytics.facts))::int
                    """, as: Int.self) == 0)
        }
    }
}
