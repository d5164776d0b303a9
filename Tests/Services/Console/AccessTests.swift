import Contracts
import Curl
import Platform
import Postgres
import Support
import Testing

@testable import Console

@Suite("Who may do what on the console")
struct AccessTests {
    private static let routes: [(method: HTTPMethod, path: String, permission: Permission)] = [
        (.get, "/background-jobs/status", .look), (.get, "/background-jobs/jobs", .look), (.get, "/background-jobs/runs", .look),
        (.get, "/background-jobs/services", .look), (.get, "/background-jobs/audit", .readAudit),
        (.post, "/background-jobs/bookings.cancel-expired/run", .runJobs), (.post, "/background-jobs/booking-cleanup/run", .runJobs),
        (.post, "/background-jobs/bookings.cancel-expired/schedule", .changeSchedules), (.get, "/", .look), (.get, "/jobs", .look),
        (.get, "/jobs/bookings.cancel-expired", .look), (.get, "/runs", .look), (.get, "/calendar", .look), (.get, "/services", .look),
        (.get, "/audit", .readAudit), (.post, "/jobs/bookings.cancel-expired/run", .runJobs),
        (.post, "/jobs/bookings.cancel-expired/schedule", .changeSchedules),
    ]

    @Test("By every route and every role")
    func roles() async throws {
        try await ConsoleFixture.open { fixture in
            for route in Self.routes {
                for role in Role.allCases {
                    let response = try await fixture.send(route.method, route.path, as: role)
                    #expect((response.status != 403) == (role >= route.permission.role), "\(route.method) \(route.path) as \(role)")
                    #expect(response.status != 401 && response.status < 500 || response.status == 503, "\(route.path): \(response.status)")
                }
                let stranger = try await fixture.send(route.method, route.path, as: nil)
                let isAPI = route.path.hasPrefix("/background-jobs")
                #expect(stranger.status == (isAPI ? 401 : route.method == .get ? 303 : 403), "\(route.path): \(stranger.status)")
            }
        }
    }

    @Test("A stranger sees the sign-in and /livez, and nothing else")
    func stranger() async throws {
        try await ConsoleFixture.open { fixture in
            for (path, status) in [
                ("/livez", 200), ("/sign-in", 200), ("/readyz", 401), ("/metrics", 401), ("/nothing", 303), ("/background-jobs/x", 401),
            ] {
                #expect(try await fixture.send(.get, path, as: nil).status == status, "\(path)")
            }
            for token in ["", "x", String(repeating: "x", count: 600), "ünknown"] {
                let response = try await fixture.send(.get, "/background-jobs/status", as: nil, headers: ["Authorization": "Bearer \(token)"])
                #expect(response.status == 401, "\(token)")
                #expect(response.headers.first("Content-Type") == "application/problem+json")
            }
        }
    }

    @Test("Somebody signs in, is who the account says, and is signed out by the row")
    func session() async throws {
        try await ConsoleFixture.open { fixture in
            try await fixture.account("ana", .operator)
            let browser = fixture.browser()
            let asked = try await browser.open("/jobs/bookings.cancel-expired?x=1")
            #expect(asked.status == 303 && asked.headers.first("Location") == "/sign-in?return=%2Fjobs%2Fbookings.cancel-expired%3Fx%3D1")
            let refused = try await browser.signIn("ana", password: "wrong horse battery")
            #expect(refused.status == 403 && browser.cookie == nil && refused.text.contains("Name or password is wrong"))
            let done = try await browser.signIn("Ana", to: "/jobs/bookings.cancel-expired?x=1")
            #expect(done.status == 303 && done.headers.first("Location") == "/jobs/bookings.cancel-expired?x=1")
            let cookie = try #require(done.headers.first("Set-Cookie"))
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains("Secure"))
            #expect(try await browser.open("/").text.contains("ana"))
            try await fixture.environment.database.execute("update console.accounts set role = 'viewer'")
            #expect(try await browser.open("/audit").status == 403)
            try await fixture.environment.database.execute("delete from console.sessions")
            #expect(try await browser.open("/").status == 303)
        }
    }

    @Test("A session ends an hour after its last use, and after twelve hours")
    func sessionEnds() async throws {
        try await ConsoleFixture.open { fixture in
            try await fixture.account("ana", .viewer)
            let browser = fixture.browser()
            _ = try await browser.signIn("ana")
            for _ in 1...14 {
                fixture.environment.clock.advance(50 * 60)
                #expect(try await browser.open("/").status == 200)
            }
            fixture.environment.clock.advance(50 * 60)
            #expect(try await browser.open("/").status == 303)
            _ = try await browser.signIn("ana")
            fixture.environment.clock.advance(61 * 60)
            #expect(try await browser.open("/").status == 303)
        }
    }

    @Test("Signing out everywhere ends the sessions of that account alone")
    func signOut() async throws {
        try await ConsoleFixture.open { fixture in
            try await fixture.account("ana", .viewer)
            try await fixture.account("bo", .viewer)
            let (one, two, other) = (fixture.browser(), fixture.browser(), fixture.browser())
            for (browser, name) in [(one, "ana"), (two, "ana"), (other, "bo")] {
                _ = try await browser.signIn(name)
                _ = try await browser.open("/")
            }
            let before = two.cookie
            #expect(try await one.post("/sign-out", ["everywhere": "yes"]).status == 303)
            two.cookie = before
            #expect(try await two.open("/").status == 303)
            #expect(try await other.open("/").status == 200)
        }
    }

    @Test("D7, D8: a name that does not exist is answered like a wrong password, and who guesses has to wait; from elsewhere the account is open")
    func guessing() async throws {
        try await ConsoleFixture.open(settings: ["CONSOLE_TRUSTED_PROXIES": "127.0.0.1"]) { fixture in
            try await fixture.account("ana", .admin)
            func attempt(_ name: String, _ password: String, from address: String) async throws -> HTTPResponse {
                let browser = fixture.browser()
                return try await browser.post(
                    "/sign-in", ["name": name, "password": password], headers: ["X-Forwarded-For": "203.0.113.9, \(address)"])
            }
            var statuses: [Int] = []
            for _ in 1...SignIn.free.ofAccount { statuses.append(try await attempt("ana", "wrong", from: "198.51.100.1").status) }
            #expect(Set(statuses) == [403])
            let later = try await attempt("ana", "correct horse battery", from: "198.51.100.1")
            #expect(later.status == 429 && later.headers.first("Retry-After") != nil)
            #expect(try await attempt("ana", "correct horse battery", from: "198.51.100.2").status == 303)
            let unknown = try await attempt("nobody", "wrong", from: "198.51.100.3").text
            #expect(unknown == (try await attempt("ana", "wrong", from: "198.51.100.3").text).replacing("\"ana\"", with: "\"nobody\""))
            fixture.environment.clock.advance(3)
            #expect(try await attempt("ana", "correct horse battery", from: "198.51.100.1").status == 303)
        }
    }

    @Test("D7: passwords of a megabyte, with NUL and in other forms are wrong passwords")
    func oddPasswords() async throws {
        try await ConsoleFixture.open { fixture in
            try await fixture.account("ana", .admin)
            for password in [String(repeating: "x", count: 5000), "a\0b", "correct horse battery\0", "\u{301}"] {
                let response = try await fixture.browser().signIn("ana", password: password)
                #expect(response.status == 403, "\(password.debugDescription.prefix(40))")
            }
            for name in ["a\0b", "'; drop table accounts", String(repeating: "n", count: 5000), "ána"] {
                #expect([403, 429].contains(try await fixture.browser().signIn(name, password: "x").status), "\(name)")
            }
        }
    }

    @Test("D10: two consoles behind a proxy work as one; a cookie that is cut, doubled or of another product is none, and no error")
    func twoConsoles() async throws {
        try await ConsoleFixture.open(replicas: 2) { fixture in
            try await fixture.account("ana", .operator)
            let browser = fixture.browser()
            _ = try await browser.signIn("ana")
            _ = try await browser.open("/jobs/bookings.cancel-expired")
            browser.replica = 1
            #expect(try await browser.open("/").status == 200)
            #expect(try await browser.post("/jobs/bookings.cancel-expired/schedule", ["change": "pause"]).status == 404)
            let cookie = try #require(browser.cookie)
            for odd in [
                String(cookie.dropLast()), cookie + "0", "\(cookie)x; \(cookie)", "boxoffice-console=", "a=b;;;=;",
                String(repeating: "x=y; ", count: 1500),
            ] {
                let other = fixture.browser()
                other.cookie = odd
                #expect(try await other.open("/").status == 303, "\(odd.prefix(80))")
            }
        }
    }

    @Test("A form without the session's token, or from another site, changes nothing")
    func foreignForms() async throws {
        try await ConsoleFixture.open { fixture in
            try await fixture.account("ana", .admin)
            let browser = fixture.browser()
            _ = try await browser.signIn("ana")
            _ = try await browser.open("/jobs/bookings.cancel-expired")
            for (fields, headers) in [
                (["form": ""], [:]), (["form": String(repeating: "0", count: 64)], [:]), ([:], ["Sec-Fetch-Site": "cross-site"]),
                ([:], ["Sec-Fetch-Site": "same-site"]),
            ] as [([String: String], [String: String])] {
                let response = try await browser.post("/jobs/bookings.cancel-expired/run", fields, headers: headers)
                #expect(response.status == 403 && response.text.contains("The page was old"))
            }
            #expect(try await fixture.environment.database.query("select count(*) from console.audit where action like 'job.%'", as: Int.self) == [0])
        }
    }

    @Test("D2: a link in a mail comes along with the cookie the second time, and leads nobody elsewhere")
    func links() async throws {
        try await ConsoleFixture.open { fixture in
            try await fixture.account("ana", .viewer)
            let browser = fixture.browser()
            let first = try await browser.open("/runs/123?a=1&b=2", headers: ["Sec-Fetch-Site": "cross-site"])
            #expect(first.status == 200 && first.text.contains(#"http-equiv="refresh" content="0""#) && first.text.contains("/runs/123?a=1&amp;b=2"))
            let again = try await browser.open("/runs/123?a=1&b=2", headers: ["Sec-Fetch-Site": "same-origin"])
            #expect(again.status == 303)
            for target in ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/a\nb", "evil"] {
                #expect(try await browser.signIn("ana", to: target).headers.first("Location") == "/", "\(target)")
            }
        }
    }

    @Test("The audit log is only appended to")
    func auditIsKept() async throws {
        try await ConsoleFixture.open { fixture in
            try await fixture.account("ana", .viewer)
            _ = try await fixture.browser().signIn("ana")
            try await fixture.environment.asRole("console") { database in
                for statement in ["update console.audit set actor = 'x'", "delete from console.audit"] as [SQL] {
                    await #expect(throws: (any Error).self) { try await database.execute(statement) }
                }
            }
            #expect(
                try await fixture.environment.database.query("select actor || ' ' || action from console.audit", as: String.self) == ["ana sign-in"])
        }
    }
}
