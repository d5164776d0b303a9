import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Synchronization
import Testing

/// A channel that remembers what it was asked to send.
final class RecordingChannel: DeliveryChannel, Sendable {
    static let shared = RecordingChannel()

    let kind = OutboundDelivery.Kind.mail
    let inFlight = 8
    private let sent = Mutex<[String]>([])

    func keys(with prefix: String) -> [String] { sent.withLock { $0.filter { $0.hasPrefix(prefix) } } }

    func send(_ payload: [UInt8], key: String) async throws(DeliveryFailure) {
        sent.withLock { $0.append(key) }
        let text = String(decoding: payload, as: UTF8.self)
        if text.contains("zero byte") { throw .refused("550 no such\0user") }
        if text.contains("settings") { throw .channelRefused("our key", cause: "401", recipient: key) }
        if text.contains("refuse") { throw .refused("no such person") }
        if text.contains("later") { throw .later("busy", after: .seconds(600)) }
        if text.contains("fail") { throw .later("out of order") }
    }
}

/// Hands a delivery to the delivery worker for each message, and notes in the tokens table what has been sent.
struct Mailing: TestParts {
    struct Content: Encodable { let text: String }

    struct Post: Reaction {
        func react(to messages: [Incoming<TicketsRefreshRequested>], _ tx: Transaction) async throws {
            for message in messages {
                try tx.deliver(OutboundDelivery(kind: .mail, dedupeKey: "\(message.id)/\(message.data.userId)", content: Content(text: "hello")))
            }
        }
    }

    static func add(to service: inout ServiceBuilder) {
        service.add(reaction: Post())
        service.add(channel: RecordingChannel.shared) { keys, tx in
            for key in keys { try tx.enqueue("insert into bytemark_tokens (user_id, token) values (hashtext($1), $1)", key) }
        } onRefused: { deliveries, tx in
            for delivery in deliveries { try tx.enqueue("insert into refresh_log (user_id, activity_type, note) values (1, 1, $1)", "\(delivery)") }
        }
        // Another channel's notes are not this one's.
        service.add(channel: Persistence()) { _, tx in
            try await tx.execute("insert into refresh_log (user_id, activity_type, note) values (1, 1, 'not mine')")
        }
    }
}

/// A channel that has to know.
struct Persistence: DeliveryChannel {
    let kind = OutboundDelivery.Kind.refund
    let inFlight = 1
    let attempts: Int? = nil

    func send(_ payload: [UInt8], key: String) async throws(DeliveryFailure) { throw .later("no answer") }
}

@Suite("The delivery worker")
struct DeliveryWorkerTests {
    private let run = OutgoingMessage.newID()

    private func insert(_ environment: TestEnvironment, _ text: String, attempts: Int = 0, _ more: String = "") async throws -> String {
        let key = "\(run)/\(text)\(more)"
        try await environment.database.execute(
            "insert into tickets.deliveries (kind, dedupe_key, payload, attempts, next_attempt_at) values ('mail', $1, jsonb_build_object('text', $2::text), $3, '2026-01-01')",
            key,
            text, attempts)
        return key
    }

    @Test("A delivery is sent once however often it is handed in under its key, and marked with what the service notes about it")
    func once() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Mailing>.self) { _ in
                try await environment.publish([(TicketsRefreshRequested(userId: 1), run), (TicketsRefreshRequested(userId: 2), run + "x")])
                try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent'", 2)
                try await environment.database.execute("delete from tickets.inbox")
                try await environment.publish([(TicketsRefreshRequested(userId: 1), run)])
                try await environment.eventually("select count(*) from tickets.inbox", 1)
                #expect(RecordingChannel.shared.keys(with: "\(run)/") == ["\(run)/1"])
                #expect(try await environment.value("select count(*) from tickets.bytemark_tokens", as: Int.self) == 2)
                #expect(try await environment.value("select count(*) from tickets.deliveries where sent_at is not null", as: Int.self) == 2)
            }
        }
    }

    @Test("A delivery that is refused is marked bounced and not sent again")
    func refused() async throws {
        try await TestEnvironment.open { environment in
            let key = try await insert(environment, "refuse")
            try await environment.with(TestService<Mailing>.self) { _ in
                try await environment.eventually(
                    "select status || coalesce(': ' || last_error, '') from tickets.deliveries", "bounced: no such person")
            }
            #expect(RecordingChannel.shared.keys(with: key).count == 1)
            #expect(try await environment.value("select count(*) from tickets.bytemark_tokens", as: Int.self) == 0)
            #expect(
                try await environment.value("select note from tickets.refresh_log", as: String.self)
                    == "\(FailedDelivery(dedupeKey: key, reason: "no such person"))")
        }
    }

    @Test("A zero byte in the answer is made visible; the marks of the deliveries that were sent with it are kept")
    func zeroByte() async throws {
        try await TestEnvironment.open { environment in
            for number in 1...5 { _ = try await insert(environment, "hello", "/\(number)") }
            _ = try await insert(environment, "zero byte")
            try await environment.with(TestService<Mailing>.self) { _ in
                try await environment.eventually("select last_error from tickets.deliveries where status = 'bounced'", "550 no such␀user")
                try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent'", 5)
            }
            #expect(RecordingChannel.shared.keys(with: "\(run)/hello").count == 5)
            #expect(try await environment.value("select count(*) from tickets.refresh_log where note like '%no such␀user%'", as: Int.self) == 1)
        }
    }

    @Test("A delivery whose mark cannot be written is parked and not sent again; the marks of the others are kept")
    func unmarkable() async throws {
        try await TestEnvironment.open { environment in
            for number in 1...5 { _ = try await insert(environment, "hello", "/\(number)") }
            let bad = try await insert(environment, "hello", attempts: 3, "/bad")
            // The service's own part of the mark fails for this one.
            try await environment.database.execute("alter table tickets.bytemark_tokens add check (token not like '%/bad')")
            try await environment.with(TestService<Mailing>.self) { _ in
                try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent'", 5)
                try await environment.eventually("select status from tickets.deliveries where dedupe_key = $1", "parked", [bad])
            }
            let reason = try await environment.value("select last_error from tickets.deliveries where dedupe_key = $1", as: String.self, bad)
            #expect(reason?.hasPrefix("it was sent, but this cannot be recorded: PostgreSQL 23514") == true)
            #expect(RecordingChannel.shared.keys(with: bad).count == 1)
            #expect(try await environment.value("select count(*) from tickets.bytemark_tokens", as: Int.self) == 5)
        }
    }

    @Test("Counters at their limits keep no delivery from being sent")
    func extremeAttempts() async throws {
        try await TestEnvironment.open { environment in
            _ = try await insert(environment, "hello", attempts: Int(Int32.max), "/most")
            _ = try await insert(environment, "later", attempts: -5, "/least")
            try await environment.with(TestService<Mailing>.self) { _ in
                try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent'", 1)
                try await environment.eventually("select last_error from tickets.deliveries where status = 'queued'", "busy")
            }
        }
    }

    @Test("A delivery that fails is tried again with backoff, not before the pause that was asked for")
    func later() async throws {
        try await TestEnvironment.open { environment in
            let now = Date()
            environment.clock.set(now)
            let asked = try await insert(environment, "later")
            let failing = try await insert(environment, "fail")
            try await environment.with(TestService<Mailing>.self) { _ in
                try await environment.eventually("select count(*) from tickets.deliveries where last_error is not null", 2)
                let wait = try await environment.value("select next_attempt_at from tickets.deliveries where dedupe_key = $1", as: Date.self, asked)
                #expect(abs(try #require(wait).timeIntervalSince(now) - 600) < 0.001)
                let pause = try #require(
                    try await environment.value("select next_attempt_at from tickets.deliveries where dedupe_key = $1", as: Date.self, failing)
                ).timeIntervalSince(now)
                #expect((2.5...5).contains(pause))
                environment.clock.advance(5)
                try await environment.eventually(
                    "select attempts from tickets.deliveries where dedupe_key = $1 and last_error is not null", 2, [failing])
                #expect(RecordingChannel.shared.keys(with: asked).count == 1)
            }
        }
    }

    @Test("After its last attempt a delivery is parked with the reason")
    func parked() async throws {
        try await TestEnvironment.open { environment in
            let key = try await insert(environment, "fail", attempts: 9)
            try await environment.with(TestService<Mailing>.self) { _ in
                try await environment.eventually("select status || coalesce(': ' || last_error, '') from tickets.deliveries", "parked: out of order")
                #expect(try await environment.value("select attempts from tickets.deliveries", as: Int.self) == 10)
            }
            #expect(
                try await environment.value("select note from tickets.refresh_log", as: String.self)
                    == "\(FailedDelivery(dedupeKey: key, reason: "out of order"))")
        }
    }

    @Test("A delivery that waits for our settings or quota is parked after two days and not before")
    func patient() async throws {
        try await TestEnvironment.open { environment in
            let waiting = try await insert(environment, "settings", attempts: 40)
            let last = try await insert(environment, "settings", attempts: 71, "2")
            try await environment.with(TestService<Mailing>.self) { _ in
                for (key, state) in [(waiting, "queued: 41: our key"), (last, "parked: 72: our key")] {
                    try await environment.eventually(
                        "select status || ': ' || attempts || coalesce(': ' || last_error, '') from tickets.deliveries where dedupe_key = $1", state,
                        [key])
                }
            }
        }
    }

    @Test("A channel that has to know the answer is never given up")
    func persistent() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(
                """
                insert into tickets.deliveries (kind, dedupe_key, payload, attempts, next_attempt_at)
                values ('refund', $1, '{}', 1000, '2026-01-01')
                """, run)
            try await environment.with(TestService<Mailing>.self) { _ in
                try await environment.eventually(
                    "select status || ': ' || attempts || coalesce(': ' || last_error, '') from tickets.deliveries", "queued: 1001: no answer")
            }
        }
    }

    @Test("A delivery whose delivery worker died is sent when the lease is over, under the same key")
    func lease() async throws {
        try await TestEnvironment.open { environment in
            let now = Date()
            environment.clock.set(now)
            let key = try await insert(environment, "hello")
            let free = try await insert(environment, "hello", attempts: 0, "2")
            try await environment.database.execute(
                "update tickets.deliveries set attempts = 1, next_attempt_at = $1 where dedupe_key = $2", now + 90, key)
            try await environment.with(TestService<Mailing>.self) { _ in
                try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent'", 1)
                #expect(RecordingChannel.shared.keys(with: key) == [free])
                environment.clock.advance(90)
                try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent'", 2)
                #expect(RecordingChannel.shared.keys(with: key).sorted() == [key, free])
            }
        }
    }

    @Test("Two replicas share the deliveries and send none twice")
    func replicas() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(
                """
                insert into tickets.deliveries (kind, dedupe_key, payload)
                select 'mail', $1 || '/' || n, '{"text":"hello"}' from generate_series(1, 300) n
                """, run)
            try await environment.with(TestService<Mailing>.self) { _ in
                try await environment.with(TestService<Mailing>.self) { _ in
                    try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent'", 300)
                }
            }
            #expect(Set(RecordingChannel.shared.keys(with: run)).count == 300)
            #expect(RecordingChannel.shared.keys(with: run).count == 300)
        }
    }
}
