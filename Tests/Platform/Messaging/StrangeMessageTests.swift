import AMQP
import Contracts
import Foundation
import Platform
import Postgres
import Support
import Testing

@Suite("Messages of strangers")
struct StrangeMessageTests {
    private func open(_ body: @Sendable (TestEnvironment) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Recording>.self) { _ in try await body(environment) }
        }
    }

    private func publish(
        _ body: [UInt8], _ properties: AMQPProperties, to exchange: String = Exchange.events, _ key: String = "tickets.refresh-requested",
        in environment: TestEnvironment
    ) async throws {
        let message = AMQPMessage(exchange: exchange, routingKey: key, properties: properties, body: body)
        #expect(try await environment.broker.publish([message]) == [.confirmed])
    }

    private func user(_ number: Int) -> [UInt8] { Array(#"{"userId":\#(number)}"#.utf8) }

    private func event(_ id: String, source: String, user: Int) -> String {
        let members = #""specversion":"1.0","id":"\#(id)","source":"\#(source)","type":"com.boxoffice.tickets.refresh-requested""#
        return #"{\#(members),"data":{"userId":\#(user)}}"#
    }

    static let counters: [AMQPValue] = [
        .int(.max), .int(.min), -1_000_000, -1, 6, "3", true, 2.5, nil, .bytes([3]), [3], ["attempts": 3], .timestamp(.now),
    ]

    @Test("A count of attempts that is none of ours counts as 0", arguments: counters)
    func attempts(counter: AMQPValue) async throws {
        try await open { environment in
            var properties = AMQPProperties(messageID: "unlucky")
            properties.headers[MessageHeader.attempts] = counter
            try await publish(user(13), properties, in: environment)
            try await environment.eventually("it waits for its second attempt") {
                try await environment.broker.inspect(queue: "tickets-cache.events.retry.1s")?.messages == 1
            }
            try await publish(Array("no JSON".utf8), properties, in: environment)
            #expect(try await environment.parked("tickets-cache").attempts == 1)
        }
    }

    @Test("A count of attempts that somebody set to the last leaves one attempt")
    func lastAttempt() async throws {
        try await open { environment in
            var properties = AMQPProperties(messageID: "unlucky")
            properties.headers[MessageHeader.attempts] = 5
            try await publish(user(13), properties, in: environment)
            #expect(try await environment.parked("tickets-cache").attempts == 5)
        }
    }

    @Test("Headers of ours that somebody else filled change neither reason nor origin, and all of a message is parked that fits")
    func headers() async throws {
        try await open { environment in
            var properties = AMQPProperties(messageID: "strange")
            for name in [
                MessageHeader.reason, MessageHeader.queue, MessageHeader.exchange, MessageHeader.routingKey, MessageHeader.source,
                MessageHeader.parkedAt, MessageHeader.parkedBy, MessageHeader.traceparent,
            ] { properties.headers[name] = .string(String(repeating: "x", count: 9000)) }
            properties.headers["deep"] = (0..<1000).reduce(1) { value, _ in .array([value]) }
            properties.headers["long"] = .string(String(repeating: "y", count: 40_000))
            try await publish(Array("no JSON".utf8), properties, in: environment)
            let parked = try await environment.parked("tickets-cache")
            #expect(parked.reason == "the body is not a JSON object")
            #expect(parked.queue == "tickets-cache.events")
            #expect(parked.exchange == "boxoffice.events")
            #expect(parked.routingKey == "tickets.refresh-requested")
            #expect(parked.delivery.properties.messageID == "strange")
        }
    }

    @Test("What the broker would act on is not in a copy: deaths that somebody made up")
    func brokerHeaders() async throws {
        try await open { environment in
            var properties = AMQPProperties(messageID: "unlucky")
            for name in ["x-death", "x-first-death-queue", "x-delivery-count"] { properties.headers[name] = "tickets-cache.events" }
            try await publish(user(13), properties, in: environment)
            let parked = try await environment.hurrying("tickets-cache.events") { try await environment.parked("tickets-cache") }
            #expect(parked.attempts == 5)
            #expect(parked.delivery.headers["x-death"] == nil && parked.delivery.headers["x-first-death-queue"] == nil)
        }
    }

    @Test("A reason of characters that are thousands of bytes each is cut to what a header takes")
    func longReason() async throws {
        try await open { environment in
            let type = "com.boxoffice." + String(repeating: "e" + String(repeating: "\u{301}", count: 500), count: 200)
            let body = #"{"specversion":"1.0","id":"x","source":"/","type":"\#(type)","data":{}}"#
            try await publish(Array(body.utf8), AMQPProperties(messageID: "x"), in: environment)
            #expect(try await environment.parked("tickets-cache").reason.unicodeScalars.count <= 2000)
        }
    }

    @Test("An event is known by its source and its id: one id from two sources is two events, from one source it is one")
    func identity() async throws {
        try await open { environment in
            for (source, user) in [("/portal", 1), ("/shop", 2), ("/portal", 3)] {
                try await publish(Array(event("1001", source: source, user: user).utf8), .init(), in: environment)
            }
            try await environment.eventually("select count(*) from tickets.inbox", 2)
            // In one batch as well, and after a repeat was seen.
            let batch = [("/portal", 4), ("/web", 5), ("/web", 6)].map { source, user in
                AMQPMessage(
                    exchange: Exchange.events, routingKey: "tickets.refresh-requested",
                    body: Array(event("1001", source: source, user: user).utf8))
            }
            _ = try await environment.broker.publish(batch)
            try await environment.eventually("select count(*) from tickets.inbox", 3)
            let users = try await environment.database.query("select user_id from tickets.bytemark_tokens order by 1", as: Int.self)
            #expect(users == [1, 2, 5])
        }
    }

    @Test("The source of a bare data object is its publisher's user, else its application, else by-hand, and stays so in a delay queue")
    func bareSource() async throws {
        try await open { environment in
            let administrator = try #require(URL(string: environment.amqpURL)?.user())
            for (user, application) in [(administrator, "portal"), (nil, "portal"), (nil, nil)] {
                var properties = AMQPProperties(messageID: "bare")
                properties.userID = user
                properties.appID = application
                try await publish(self.user(user != nil ? 13 : application != nil ? 2 : 3), properties, in: environment)
            }
            try await environment.eventually("select count(*) from tickets.inbox", 2)
            let sources = try await environment.database.query("select source from tickets.inbox order by 1", as: String.self)
            #expect(sources == ["by-hand", "portal"])
            let retried = try await environment.hurrying("tickets-cache.events") { try await environment.parked("tickets-cache") }
            #expect(retried.delivery.headers[MessageHeader.source]?.string == administrator)
        }
    }

    @Test(
        "An identity that PostgreSQL can never store is parked at once",
        arguments: [
            (#"\u0000"#, "/", "the id contains NUL"), ("i", #"/\u0000"#, "the source contains NUL"),
            (String(repeating: "i", count: 3000), "/", "the id has 3000 bytes"), ("i", String(repeating: "s", count: 501), "the source has 501"),
            ("", "/", "no id"), ("i", "", "no source"),
        ])
    func impossibleIdentity(id: String, source: String, reason: String) async throws {
        try await open { environment in
            try await publish(Array(event(id, source: source, user: 1).utf8), .init(), in: environment)
            let parked = try await environment.parked("tickets-cache")
            #expect(parked.reason.contains(reason))
            #expect(parked.attempts == 1)
        }
    }

    @Test("A body with a byte order mark is read")
    func byteOrderMark() async throws {
        try await open { environment in
            try await publish([0xEF, 0xBB, 0xBF] + Array(event("a", source: "/", user: 1).utf8), .init(), in: environment)
            try await publish([0xEF, 0xBB, 0xBF] + user(2), .init(messageID: "b"), in: environment)
            try await environment.eventually("select count(*) from tickets.bytemark_tokens", 2)
        }
    }

    @Test("A body that is compressed or in UTF-16 is parked with a reason that says so")
    func encodings() async throws {
        try await open { environment in
            var gzip = AMQPProperties(messageID: "z")
            gzip.contentEncoding = "gzip"
            try await publish([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], gzip, in: environment)
            #expect(try await environment.parked("tickets-cache").reason.contains("content_encoding is gzip"))
            try await publish([0xFF, 0xFE] + user(1).flatMap { [$0, 0] }, .init(messageID: "w"), in: environment)
            #expect(try await environment.parked("tickets-cache").reason.contains("UTF-16"))
        }
    }

    @Test("A CloudEvent in binary mode is read, and parked by name when an attribute is missing", arguments: ["cloudEvents:", "cloudEvents_"])
    func binaryMode(prefix: String) async throws {
        try await open { environment in
            var properties = AMQPProperties(contentType: "application/json", messageID: "other")
            properties.headers["\(prefix)specversion"] = "1.0"
            properties.headers["\(prefix)id"] = "e-1"
            properties.headers["\(prefix)source"] = "/portal"
            properties.headers["\(prefix)type"] = "com.boxoffice.tickets.refresh-requested"
            try await publish(user(1), properties, in: environment)
            try await environment.eventually("select source || ' ' || message_id from tickets.inbox", "/portal e-1")
            properties.headers["\(prefix)source"] = 7
            try await publish(user(2), properties, in: environment)
            #expect(try await environment.parked("tickets-cache").reason == "the CloudEvent has no source")
            properties.headers["\(prefix)specversion"] = true
            try await publish(user(3), properties, in: environment)
            #expect(try await environment.parked("tickets-cache").reason.contains("\(prefix)specversion is not a string"))
        }
    }
}
