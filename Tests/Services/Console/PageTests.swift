import AMQP
import Contracts
import Curl
import Foundation
import Platform
import Postgres
import Support
import Testing

@testable import Console

@Suite("The pages of the console")
struct PageTests {
    /// Somebody who is signed in.
    private func open(
        _ role: Role = .operator, _ body: @Sendable @escaping (ConsoleFixture, ConsoleFixture.Browser) async throws -> Void
    ) async throws {
        try await ConsoleFixture.open { fixture in
            try await fixture.account("ana", role)
            let browser = fixture.browser()
            _ = try await browser.signIn("ana")
            try await body(fixture, browser)
        }
    }

    private static let schedule: SQL = """
        insert into operations.schedules (job, service, cron, zone, misfire, description, decided_through)
        values ('bookings.cancel-expired', 'bookings', '*/5 * * * *', 'Europe/Madrid', 'latest', 'Cancels what was not paid.', $1)
        """

    private static let run: SQL = """
        insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, finished_at, touched_at, outcome, processed, failed, service, details)
        values ($1, $2, 'schedule', $3, $3, $3, $3, $4, 10, 1, 'bookings', $5::jsonb)
        """

    @Test("Home is green only when all of it was looked at, and says what is wrong, since when, and what to do")
    func home() async throws {
        try await open { fixture, browser in
            let (database, now) = (fixture.environment.database, fixture.environment.clock.now)
            #expect(try await browser.open("/").text.contains("Nothing is wrong."))
            try await database.execute(Self.schedule, now - 3600)
            try await database.execute(
                Self.run, "payments.handle-timeouts", "t1", now - 600, "partial", #"{"errors": [{"row": "payment 7", "error": "no answer of 7"}]}"#)
            try await database.execute(
                Self.run, "payments.handle-timeouts", "t2", now - 300, "partial", #"{"errors": [{"row": "payment 8", "error": "no answer of 8"}]}"#)
            try await database.execute(
                "insert into operations.alerts (kind, subject, service, details) values ('disk', '/srv', 'maintenance', '{\"summary\": \"2 % free\"}')"
            )
            let page = try await browser.open("/").text
            for said in ["3 things need somebody", "Failing job, 2 runs", "no answer of …", "Late tick", "2 % free", "It ends by itself"] {
                #expect(page.contains(said), "\(said)")
            }
            try await database.execute(Self.run, "payments.handle-timeouts", "t3", now, "succeeded", "{}")
            #expect(try await !browser.open("/").text.contains("Failing job"))
        }
    }

    @Test("A run tells which rows failed and why; a viewer reads it without addresses")
    func runPage() async throws {
        for (role, sees) in [(Role.viewer, false), (.support, true)] {
            try await open(role) { fixture, browser in
                try await fixture.environment.database.execute(
                    Self.run, "bookings.send-confirmations", "x@1", fixture.environment.clock.now, "partial",
                    #"{"errors": [{"row": "booking 7", "error": "<ana@example.org> is no address"}], "rows": {"confirmed": {"count": 9, "first": ["booking 1"]}}}"#
                )
                let id = try #require(try await fixture.environment.database.query("select id from operations.job_runs", as: Int.self).first)
                let page = try await browser.open("/runs/\(id)").text
                #expect(page.contains("booking 7") && page.contains("is no address") && page.contains("confirmed"))
                #expect(page.contains("ana@example.org") == sees)
                #expect(try await browser.open("/runs/x@1").text.contains("booking 7"))
                #expect(page.contains("Run now") == false)
            }
        }
    }

    @Test("A run whose details cannot be read says so, and the others are shown; one of a thing is told as one")
    func unreadable() async throws {
        try await open { fixture, browser in
            let (database, now) = (fixture.environment.database, fixture.environment.clock.now)
            try await database.execute(Self.run, "bookings.cancel-expired", "x@1", now, "partial", #"{"errors": "of another version"}"#)
            try await database.execute(Self.run, "events.archive-past", "x@2", now, "succeeded", "{}")
            let list = try await browser.open("/runs").text
            #expect(list.contains("cannot be read: another version wrote them") && list.contains("events.archive-past"))
            let answer = try await fixture.send(.get, "/background-jobs/runs/x@1")
            #expect(answer.status == 200 && answer.text.contains("cannot be read"))
            #expect(try await browser.open("/").text.contains("Failing job, 1 run:"))
        }
    }

    @Test("A dry run by the form leads to its run; the form twice is one run")
    func dryRun() async throws {
        try await open { fixture, browser in
            let job = JobName.bookingsCancelExpired
            try await fixture.environment.broker.declare(ServiceTopology(service: job.service, jobs: [job], types: []).topology)
            let page = try await browser.open("/jobs/bookings.cancel-expired").text
            let key = String(try #require(page.firstMatch(of: /name="key" value="([^"]+)"/)?.1))
            let first = try await browser.post("/jobs/bookings.cancel-expired/run", ["dryRun": "yes", "key": key, "reason": "to see"])
            let second = try await browser.post("/jobs/bookings.cancel-expired/run", ["dryRun": "yes", "key": key, "reason": "to see"])
            #expect(first.status == 303 && first.headers.first("Location") == second.headers.first("Location"))
            #expect(try await fixture.environment.take("bookings.ticks").count == 1)
            let waiting = try await browser.open(try #require(first.headers.first("Location")))
            #expect(waiting.status == 200 && waiting.text.contains("Waiting for the service"))
        }
    }

    @Test("A schedule is paused, overridden and resumed by the form, in the name of who did it; nonsense is refused")
    func schedule() async throws {
        try await open { fixture, browser in
            let database = fixture.environment.database
            try await database.execute(Self.schedule, fixture.environment.clock.now)
            let path = "/jobs/bookings.cancel-expired"
            #expect(try await browser.open(path).text.contains("every 5 minutes"))
            #expect(try await browser.post("\(path)/schedule", ["change": "pause", "reason": "the gateway is down"]).status == 303)
            #expect(try await database.query("select enabled from operations.schedules", as: Bool.self) == [false])
            let page = try await browser.open(path).text
            #expect(page.contains("paused") && page.contains(">ana<"))
            #expect(try await browser.open("/").text.contains("Paused"))
            for nonsense in [["cron": "61 * * * *"], ["zone": "Mars/Olympus"], [:]] {
                let refused = try await browser.post("\(path)/schedule", nonsense.merging(["change": "override"]) { $1 })
                #expect(refused.status == 400, "\(nonsense)")
            }
            #expect(try await browser.post("\(path)/schedule", ["change": "override", "cron": "0 4 * * *"]).status == 303)
            #expect(try await browser.open(path).text.contains("every day at 04:00"))
            #expect(try await browser.post("\(path)/schedule", ["change": "reset"]).status == 303)
            #expect(try await browser.post("\(path)/schedule", ["change": "resume"]).status == 303)
            #expect(try await browser.open(path).text.contains("every 5 minutes"))
            #expect(
                try await database.query("select action from console.audit where action like 'schedule%' order by id", as: String.self)
                    == ["schedule.pause", "schedule.override", "schedule.override", "schedule.resume"])
        }
    }

    @Test("D12: markup and control characters from outside are text on every page")
    func markup() async throws {
        try await open(.admin) { fixture, browser in
            let database = fixture.environment.database
            let odd = "\"><img src=x onerror=alert(1)></script>{{7*7}}\u{202E}\u{1B}[2J"
            let json = String(decoding: try JSONEncoder().encode(["errors": [["row": odd, "error": odd]]]), as: UTF8.self)
            try await database.execute(Self.run, "bookings.cancel-expired", odd, fixture.environment.clock.now, "failed", json)
            try await database.execute(
                "insert into operations.alerts (kind, subject, service, details) values ($1, $1, 'x', jsonb_build_object('summary', $1::text))", odd)
            try await database.execute(
                """
                insert into operations.heartbeats (service, instance, version, started_at, seen_at, interval_seconds)
                values ($1, $1, $1, now(), now() - interval '1 day', 30)
                """, odd)
            try await database.execute(
                "insert into operations.schedules (job, service, cron, zone, misfire, description) values ($1, $1, $1, $1, 'all', $1)", odd)
            try await database.execute(
                "insert into console.audit (actor, role, address, action, subject, reason, after) values ($1, $1, $1, $1, $1, $1, to_jsonb($1::text))",
                odd)
            let id = try #require(try await database.query("select id from operations.job_runs", as: Int.self).first)
            for path in [
                "/", "/jobs", "/runs", "/runs/\(id)", "/calendar", "/services", "/audit", "/jobs/bookings.cancel-expired",
                "/jobs/%22%3E%3Cimg%20src=x%3E", "/runs?job=%3Cimg", "/sign-in?return=%22%3E%3Cimg",
            ] {
                let page = try await browser.open(path)
                #expect(page.status < 500, "\(path): \(page.status)")
                #expect(!page.text.contains("<img") && !page.text.contains("</script>{{"), "\(path)")
            }
        }
    }

    @Test("Each page is small, guarded by its headers, in both languages, and says so when the database is away")
    func frame() async throws {
        try await open { fixture, browser in
            let page = try await browser.open("/jobs")
            let policy = try #require(page.headers.first("Content-Security-Policy"))
            #expect(policy.hasPrefix("default-src 'none'") && !policy.contains("unsafe"))
            #expect(page.headers.first("X-Content-Type-Options") == "nosniff" && page.headers.first("Cache-Control") == "no-store, no-transform")
            var size = page.body.count
            for match in page.text.matches(of: /(?:href|src)="(\/assets\/[^"]+)"/) {
                let asset = try await fixture.send(.get, String(match.1), as: nil)
                #expect(asset.status == 200 && asset.headers.first("Cache-Control")?.contains("immutable") == true)
                size += asset.body.count
            }
            #expect(size < 120_000, "\(size)")
            #expect(try await browser.open("/", headers: ["Accept-Language": "es-MX,es;q=0.9"]).text.contains("Todo está en orden"))
            for status in [try await browser.open("/nothing").status, try await browser.open("/runs/99").status] { #expect(status == 404) }
            #expect(try await browser.open("/runs?show=nonsense").status == 400)
        }
    }

    @Test("D5: pages of runs neither skip nor repeat while others arrive, and a rare one is found")
    func keyset() async throws {
        try await open { fixture, browser in
            let database = fixture.environment.database
            try await database.execute(
                """
                insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, finished_at, outcome, service)
                select 'bookings.cancel-expired', n, 'schedule', now(), now(), now(), case n when 3 then 'failed' else 'succeeded' end, 'bookings'
                from generate_series(1, 250) n
                """)
            var (seen, next): ([Int], Int?) = ([], nil)
            repeat {
                let response = try await fixture.send(.get, "/background-jobs/runs?limit=60" + (next.map { "&before=\($0)" } ?? ""))
                let list = try JSONDecoder().decode(List.self, from: Data(response.body))
                seen += list.runs.map(\.id)
                next = list.next
                try await database.execute(Self.run, "a.b", UUID().uuidString, fixture.environment.clock.now, "succeeded", "{}")
            } while next != nil
            #expect(seen.count == 250 && Set(seen).count == 250)
            let rare = try await fixture.send(.get, "/background-jobs/runs?show=failed&job=bookings.cancel-expired")
            #expect(try JSONDecoder().decode(List.self, from: Data(rare.body)).runs.map(\.outcome) == ["failed"])
        }
    }

    private struct List: Decodable {
        struct One: Decodable {
            let id: Int
            let outcome: String
        }
        let runs: [One]
        let next: Int?
    }
}
