import Contracts
import Curl
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Marketing

@Suite("Customers unsubscribe by one click or on a page")
struct UnsubscribeTests {
    private static let boundary = "one-click"
    private static let multipart =
        "--\(boundary)\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--\(boundary)--\r\n"

    @Test("B7: the POST of a provider is done and answered with 200 whatever its body, without a cookie, the second time as well, on each replica")
    func oneClick() async throws {
        try await UnsubscribeFixture.open(replicas: 2) { fixture in
            let bodies: [(type: String?, body: String)] = [
                (nil, ""), ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
                ("multipart/form-data; boundary=\(Self.boundary)", Self.multipart), ("application/octet-stream", "\0\u{7F}"),
                ("application/x-www-form-urlencoded", "scope=all&change=resubscribe"), ("", String(repeating: "x", count: 60_000)),
            ]
            for (user, body) in bodies.enumerated() {
                for replica in [0, 1, 0] {
                    let response = try await fixture.send(
                        .post, UnsubscribeFixture.query(user + 1), replica: replica, headers: body.type.map { ["Content-Type": $0] } ?? [:],
                        body: body.body)
                    #expect(response.status == 200, "\(body)")
                    #expect(response.headers.first("Set-Cookie") == nil && response.headers.first("Location") == nil)
                    #expect(try await fixture.rows().count == user + 1)
                }
            }
            #expect(try await fixture.rows() == (1...bodies.count).map { "\($0) newsletter unsubscribed" })
            #expect(try await fixture.told() == (1...bodies.count).map { "unsubscribed \($0) newsletter" })
        }
    }

    @Test("B7: a chunked body and one that waits for 100 Continue are no different")
    func chunked() async throws {
        try await UnsubscribeFixture.open { fixture in
            let head = "POST /unsubscribe?\(UnsubscribeFixture.query()) HTTP/1.1\nHost: box\nConnection: close\n"
            let chunked = try await fixture.raw(head + "Transfer-Encoding: chunked", "1a\r\nList-Unsubscribe=One-Click\r\n0\r\n\r\n")
            #expect(chunked.hasPrefix("HTTP/1.1 200 "))
            let expecting = try await fixture.raw(head + "Content-Length: 26\nExpect: 100-continue", "List-Unsubscribe=One-Click")
            #expect(expecting.hasPrefix("HTTP/1.1 200 "))
            #expect(try await fixture.rows() == ["1 newsletter unsubscribed"])
            #expect(try await fixture.told() == ["unsubscribed 1 newsletter"])
        }
    }

    @Test("Two requests at once are one change and one message")
    func atOnce() async throws {
        try await UnsubscribeFixture.open(replicas: 2) { fixture in
            try await withThrowingTaskGroup { group in
                for number in 0..<20 {
                    group.addTask {
                        let response = try await fixture.send(.post, replica: number % 2)
                        #expect(response.status == 200)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await fixture.rows() == ["1 newsletter unsubscribed"])
            #expect(try await fixture.told() == ["unsubscribed 1 newsletter"])
        }
    }

    @Test("B12: whoever follows links changes nothing, and the link still works for its owner")
    func scanners() async throws {
        try await UnsubscribeFixture.open { fixture in
            let query = UnsubscribeFixture.query()
            for headers: HTTPHeaders in [[:], ["Sec-Purpose": "prefetch;prerender"], ["X-Moz": "prefetch"], ["User-Agent": "BarracudaCentral"]] {
                for more in ["", "&scope=all", "&change=unsubscribe&scope=all&page", "&page"] {
                    for method in [HTTPMethod.get, .head] {
                        let response = try await fixture.send(method, query + more, headers: headers)
                        #expect(response.status == 200)
                        #expect(response.body.isEmpty == (method == .head))
                    }
                }
            }
            let page = try await fixture.send(.get)
            #expect(page.headers.first("Referrer-Policy") == "no-referrer")
            #expect(page.headers.first("Cache-Control") == "no-store")
            #expect(page.headers.first("Content-Security-Policy")?.hasPrefix("default-src 'none'; style-src 'sha256-") == true)
            #expect(!page.text.contains("<a ") && !page.text.contains("<script"))
            #expect(!page.text.contains("user1@example.org") && !page.text.contains("Ana"))
            let options = try await fixture.send(.options)
            #expect(options.status == 204)
            #expect(options.headers.first("Allow") == "GET, HEAD, POST, OPTIONS")
            for method in [HTTPMethod.put, .patch, .delete] { #expect(try await fixture.send(method).status == 405) }
            #expect(try await fixture.rows().isEmpty)
            #expect(try await fixture.told().isEmpty)
            #expect(try await fixture.send(.post).status == 200)
            #expect(try await fixture.rows() == ["1 newsletter unsubscribed"])
            let metrics = try await fixture.web.send(HTTPRequest(url: "http://127.0.0.1:\(fixture.ports[0])/metrics"))
            #expect(!metrics.text.contains(query.dropFirst(6)))
        }
    }

    @Test("A link that is forged, cut or not ours is not found; nothing changes, and nothing is told")
    func forged() async throws {
        try await UnsubscribeFixture.open { fixture in
            let foreign = UnsubscribeKeys(current: String(repeating: "x", count: 40)).text(of: UnsubscribeToken(user: 1, scope: .all))
            let query = UnsubscribeFixture.query()
            for query in [
                "", "token=", "token=\(foreign)", String(query.dropLast()), query + "A", "token=%00", "token=\(String(repeating: "A", count: 36))",
            ] {
                for method in [HTTPMethod.get, .post] {
                    let response = try await fixture.send(method, query, headers: ["Accept-Language": "es"])
                    #expect(response.status == 404)
                    #expect(response.text.contains("Este enlace no funciona"))
                    #expect(!response.text.contains("<form"))
                }
            }
            #expect(try await fixture.rows().isEmpty)
            #expect(try await fixture.told().isEmpty)
            for query in [query + "%3E", query.replacing("=", with: "%3D"), query + ">", query.replacing("=", with: "=3D")] {
                #expect(try await fixture.raw("GET /unsubscribe?\(query) HTTP/1.1\nHost: box\nConnection: close").hasPrefix("HTTP/1.1 200 "))
            }
        }
    }

    @Test("The former key still works during a rotation")
    func rotation() async throws {
        let settings = ["UNSUBSCRIBE_KEY": String(repeating: "n", count: 32), "UNSUBSCRIBE_KEY_PREVIOUS": StubServices.unsubscribeKey]
        try await UnsubscribeFixture.open(settings: settings) { fixture in
            let response = try await fixture.send(.post)
            #expect(response.status == 200)
            #expect(try await fixture.rows() == ["1 newsletter unsubscribed"])
        }
    }

    @Test("B7: while it cannot be stored the answer is 503 within a few seconds, never 200, and later it is done")
    func databaseHangs() async throws {
        try await UnsubscribeFixture.open { fixture in
            try await fixture.environment.database.transaction { tx in
                try await tx.execute("lock table marketing.suppressions in access exclusive mode")
                for method in [HTTPMethod.post, .get] {
                    let response = try await fixture.send(method)
                    #expect(response.status == 503)
                    #expect(response.headers.first("Retry-After") == "30")
                    #expect(response.text.contains("try again in a minute"))
                }
            }
            try await fixture.environment.eventually("what was given up is over") {
                try await fixture.environment.value(
                    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name like 'marketing@%'", as: Int.self) == 0
            }
            #expect(try await fixture.rows().isEmpty)
            #expect(try await fixture.told().isEmpty)
            #expect(try await fixture.send(.post).status == 200)
            #expect(try await fixture.rows() == ["1 newsletter unsubscribed"])
            #expect(try await fixture.told() == ["unsubscribed 1 newsletter"])
        }
    }

    @Test("A body that is too long or does not come is refused, and nothing is done")
    func bodies() async throws {
        try await UnsubscribeFixture.open { fixture in
            let long = try await fixture.send(.post, body: String(repeating: "x", count: 70_000))
            #expect(long.status == 413)
            let head = "POST /unsubscribe?\(UnsubscribeFixture.query()) HTTP/1.1\nHost: box\nConnection: close\nContent-Length: 26"
            #expect(try await fixture.raw(head, "List").hasPrefix("HTTP/1.1 408 "))
            #expect(try await fixture.rows().isEmpty)
        }
    }

    @Test("On the page each list goes and comes back, the shop is told of each change once, and what the shop keeps stays")
    func page() async throws {
        try await UnsubscribeFixture.open { fixture in
            let first = try await fixture.send(.get)
            #expect(first.text.contains("value=\"newsletter\" checked"))
            #expect(first.text.contains("<html lang=\"en\">"))
            let all = try await fixture.press("unsubscribe", "all")
            #expect(all.status == 200 && all.text.contains("neither newsletters nor offers"))
            #expect(try await fixture.rows() == ["1 all unsubscribed"])
            _ = try await fixture.press("unsubscribe", "newsletter")
            #expect(try await fixture.told() == ["unsubscribed 1 all"])
            let back = try await fixture.press("resubscribe", "newsletter")
            #expect(back.text.contains("You do not get") && back.text.contains("you get the newsletter again"))
            #expect(try await fixture.rows() == ["1 promotions unsubscribed"])
            #expect(try await fixture.told() == ["resubscribed 1 newsletter"])
            _ = try await fixture.press("resubscribe", "promotions")
            _ = try await fixture.press("resubscribe", "promotions")
            #expect(try await fixture.rows().isEmpty)
            #expect(try await fixture.told() == ["resubscribed 1 promotions"])
            for (change, scope) in [("", ""), ("unsubscribe", ""), ("unsubscribe", "everything"), ("remove", "all")] {
                #expect(try await fixture.press(change, scope).status == 400)
            }
            try await fixture.environment.database.execute("update storefront.users set newsletter_subscribed = false")
            let account = try await fixture.press("resubscribe", "newsletter")
            #expect(account.text.contains("switched off in your account"))
            #expect(try await fixture.environment.value("select newsletter_subscribed from storefront.users", as: Bool.self) == false)
            #expect(try await fixture.told().isEmpty)
        }
    }

    @Test("The page is in the user's language, or in that of the browser for who has none of ours")
    func language() async throws {
        try await UnsubscribeFixture.open(language: "es-mx") { fixture in
            #expect(try await fixture.send(.get, headers: ["Accept-Language": "en"]).text.contains("Darse de baja"))
            try await fixture.environment.database.execute("update storefront.users set language = 'fr-fr'")
            for (accepted, title) in [
                ("de, es-MX;q=0.5, en;q=0.2", "Darse de baja"), ("es;q=0, en", "Unsubscribe"), ("xx", "Unsubscribe"), ("", "Unsubscribe"),
            ] {
                #expect(try await fixture.send(.get, headers: ["Accept-Language": accepted]).text.contains(title), "\(accepted)")
            }
            // A user who is gone can unsubscribe, too.
            #expect(try await fixture.send(.post, UnsubscribeFixture.query(99)).status == 200)
            #expect(try await fixture.rows() == ["99 newsletter unsubscribed"])
        }
    }

    @Test("B9: who unsubscribes while the mail waits gets none, by whatever way")
    func queued() async throws {
        try await UnsubscribeFixture.open(settings: ["MAIL_IN_FLIGHT": "1"]) { fixture in
            try await fixture.marketing.users(2...6)
            try await fixture.marketing.event(1, starts: "2026-12-01T20:00:00Z")
            for user in 1...6 { try await fixture.marketing.booking(user, user: user, event: 1, created: "2026-11-20") }
            try await fixture.marketing.stubs.hold("smtp")
            try await fixture.marketing.run(.marketingSendWeeklyNewsletter)
            try await fixture.environment.eventually("select count(*) from marketing.deliveries where attempts = 1", 1)
            let waiting = try await fixture.environment.database.query(
                "select (payload -> 'subscription' ->> 'user')::integer from marketing.deliveries where attempts = 0 order by id", as: Int.self)
            #expect(waiting.count == 5)
            #expect(try await fixture.send(.post, UnsubscribeFixture.query(waiting[0])).status == 200)
            _ = try await fixture.press("unsubscribe", "all", UnsubscribeFixture.query(waiting[1], .promotions))
            // Another list is no reason.
            #expect(try await fixture.send(.post, UnsubscribeFixture.query(waiting[2], .promotions)).status == 200)
            // Who comes back before the mail goes gets it.
            _ = try await fixture.send(.post, UnsubscribeFixture.query(waiting[3]))
            _ = try await fixture.press("resubscribe", "newsletter", UnsubscribeFixture.query(waiting[3]))
            try await fixture.marketing.stubs.letGo()
            try await fixture.environment.eventually("select count(*) from marketing.deliveries where status = 'queued'", 0)
            let states = try await fixture.environment.database.query(
                "select concat_ws(' ', status, last_error) from marketing.deliveries where (payload -> 'subscription' ->> 'user')::integer = any ($1) order by id",
                as: String.self, waiting)
            #expect(states == ["suppressed unsubscribed", "suppressed unsubscribed", "sent", "sent", "sent"])
            #expect(try await fixture.marketing.stubs.mails().count == 4)
        }
    }
}
