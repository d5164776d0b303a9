import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

/// Uses up `bytemark_tokens`, ten a slice: moves each into the cache, tells of it, reports users above 1000 and throws for user 666.
struct Using: TestParts {
    struct Job: Platform.Job {
        static let name = JobName.ticketsCacheRefreshStale
        static let sliceLimit = 10

        struct Impossible: PermanentFailure, CustomStringConvertible {
            var description: String { "666 cannot be used" }
        }

        func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
            if slice.parameters["explode"] != nil { _ = try slice.integer("explode") }
            let start = slice.cursor.flatMap { Int($0) } ?? 0
            let users = try await tx.query(
                """
                delete from bytemark_tokens
                where user_id in (select user_id from bytemark_tokens where user_id > $2 order by user_id limit $1)
                returning user_id
                """, as: Int.self, slice.limit, start)
            if users.contains(666) { throw Impossible() }
            for user in users.sorted() {
                guard user <= 1000 else {
                    tx.recordFailure(of: "user \(user)", reason: "is too large")
                    continue
                }
                try await tx.execute("insert into cache (user_id, refreshed_at) values ($1, $2)", user, slice.now)
                try tx.publish(TicketsRefreshRequested(userId: user))
            }
            return Progress(users.count, more: users.count == slice.limit, cursor: users.max().map(String.init))
        }

        func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
            let start = slice.cursor.flatMap { Int($0) } ?? 0
            let first = try await tx.query(
                "select user_id from bytemark_tokens where user_id > $1 order by user_id limit 1", as: Int.self, start
            ).first
            return first.map { JobRow("user \($0)", cursor: "\($0)") }
        }
    }

    static func add(to service: inout ServiceBuilder) { service.add(job: Job()) }
}

@Suite("A job's run")
struct JobTests {
    private func open(users: Int, _ body: @Sendable (TestEnvironment) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(
                "insert into tickets.bytemark_tokens (user_id, token) select n, 't' from generate_series(1, $1) n", users)
            try await environment.with(TestService<Using>.self) { _ in try await body(environment) }
        }
    }

    private let job = JobName.ticketsCacheRefreshStale

    @Test("It is cut into slices, each its own transaction, and tells what it did")
    func slices() async throws {
        try await open(users: 35) { environment in
            let run = try await environment.ended(try await environment.tick(job))
            #expect(run.outcome == .succeeded)
            #expect(run.processed == 35)
            #expect(run.details.contains(#""published": {"tickets.refresh-requested": 35}"#))
            #expect(try await environment.value("select slice from operations.job_runs", as: Int.self) == 5)
            #expect(try await environment.value("select count(*) from tickets.cache", as: Int.self) == 35)
        }
    }

    @Test("Run twice at the same instant, the second run changes nothing and sends nothing")
    func twice() async throws {
        try await open(users: 5) { environment in
            environment.clock.set(Date())
            _ = try await environment.ended(try await environment.tick(job))
            let again = try await environment.ended(try await environment.tick(job, trigger: .manual))
            #expect(again.outcome == .succeeded)
            #expect(again.processed == 0)
        }
    }

    @Test("A tick that arrives twice runs once")
    func tickTwice() async throws {
        try await open(users: 5) { environment in
            environment.clock.set(Date())
            let id = try await environment.tick(job)
            try await environment.tick(job)
            _ = try await environment.ended(id)
            try await environment.tick(job)
            try await environment.eventually("all ticks are acked") {
                try await environment.broker.inspect(queue: "tickets-cache.ticks")?.messages == 0
            }
            #expect(try await environment.value("select count(*) from operations.job_runs", as: Int.self) == 1)
        }
    }

    @Test("One bad row never stops the rest: it is recorded against the run, which ends as partial")
    func badRow() async throws {
        try await open(users: 12) { environment in
            try await environment.database.execute("insert into tickets.bytemark_tokens (user_id, token) values (1001, 't')")
            let run = try await environment.ended(try await environment.tick(job))
            #expect(run.outcome == .partial)
            #expect(run.failed == 1)
            #expect(run.details.contains(#"{"row": "user 1001", "error": "is too large"}"#))
            #expect(try await environment.value("select count(*) from tickets.cache", as: Int.self) == 12)
        }
    }

    @Test("A run that cannot be worked ends as failed with the reason, its tick is parked, and the next tick runs")
    func fails() async throws {
        try await open(users: 5) { environment in
            let run = try await environment.ended(try await environment.tick(job, trigger: .manual, parameters: ["explode": "yes"]))
            #expect(run.outcome == .failed)
            #expect(run.details.contains("must be a whole number"))
            try await environment.eventually("the tick is parked") {
                try await environment.broker.inspect(queue: "tickets-cache.parked")?.messages == 1
            }
            let next = try await environment.ended(try await environment.tick(job))
            #expect(next.outcome == .succeeded)
        }
    }

    @Test("A row that fails its slice is named and passed over, wherever it stands; the rest is done, and nothing of the row is left")
    func divided() async throws {
        try await open(users: 35) { environment in
            // 3 and 17 break a constraint of the row that is written, 666 has the job throw.
            try await environment.database.execute("insert into tickets.bytemark_tokens (user_id, token) values (666, 't'), (667, 't')")
            try await environment.database.execute("alter table tickets.cache add check (user_id not in (3, 17))")
            let run = try await environment.ended(try await environment.tick(job))
            #expect(run.outcome == .partial)
            #expect(run.processed == 34)
            #expect(run.failed == 3)
            #expect(run.details.contains(#"{"row": "user 666", "error": "666 cannot be used"}"#))
            #expect(run.details.contains(#""row": "user 3""#))
            #expect(run.details.contains(#""row": "user 17", "error": "PostgreSQL 23514"#))
            #expect(run.details.contains(#""published": {"tickets.refresh-requested": 34}"#))
            #expect(try await environment.value("select count(*) from tickets.cache", as: Int.self) == 34)
            #expect(
                try await environment.database.query("select user_id from tickets.bytemark_tokens order by 1", as: Int.self) == [3, 17, 666])
        }
    }

    @Test("A dry run names the rows that would fail, and counts the others")
    func dividedDryRun() async throws {
        try await open(users: 35) { environment in
            try await environment.database.execute("alter table tickets.cache add check (user_id not in (3, 17))")
            let run = try await environment.ended(try await environment.tick(job, trigger: .manual, dryRun: true))
            #expect(run.outcome == .partial)
            #expect(run.processed == 33)
            #expect(run.failed == 2)
            #expect(run.details.contains(#""row": "user 17""#))
            #expect(run.details.contains(#""published": {"tickets.refresh-requested": 33}"#))
            #expect(try await environment.value("select count(*) from tickets.bytemark_tokens", as: Int.self) == 35)
        }
    }

    @Test("A dry run does all slices, tells what it would have done, and leaves nothing")
    func dryRun() async throws {
        try await open(users: 35) { environment in
            let run = try await environment.ended(try await environment.tick(job, trigger: .manual, dryRun: true))
            #expect(run.outcome == .succeeded)
            #expect(run.processed == 35)
            #expect(run.details.contains(#""published": {"tickets.refresh-requested": 35}"#))
            #expect(try await environment.value("select count(*) from tickets.cache", as: Int.self) == 0)
            #expect(try await environment.value("select count(*) from tickets.bytemark_tokens", as: Int.self) == 35)
            #expect(try await environment.value("select count(*) from tickets.outbox", as: Int.self) == 0)
        }
    }

    @Test("A tick with an empty body or {} is a manual trigger of its routing key", arguments: ["", "{}", " { } "])
    func emptyBody(body: String) async throws {
        try await open(users: 5) { environment in
            try await environment.publish(raw: body, to: "boxoffice.ticks", job.rawValue)
            try await environment.eventually("select outcome from operations.job_runs where trigger = 'manual'", "succeeded")
            #expect(try await environment.value("select count(*) from tickets.cache", as: Int.self) == 5)
        }
    }

    @Test("A tick written by hand may ask for a dry run and give parameters")
    func byHand() async throws {
        try await open(users: 5) { environment in
            try await environment.publish(
                raw: #"{"dryRun": true, "parameters": {"why": "to see"}}"#, to: "boxoffice.ticks", job.rawValue, id: "by-hand")
            let run = try await environment.ended("by-hand")
            #expect(run.outcome == .succeeded)
            #expect(run.details.contains(#""why": "to see""#))
            #expect(try await environment.value("select count(*) from tickets.cache", as: Int.self) == 0)
        }
    }

    @Test("A tick of a job that the service does not have is parked")
    func unknownJob() async throws {
        try await open(users: 1) { environment in
            try await environment.publish(raw: "{}", to: "", "tickets-cache.ticks")
            try await environment.eventually("it is parked") { try await environment.broker.inspect(queue: "tickets-cache.parked")?.messages == 1 }
        }
    }
}

@Suite("Ticks that waited")
struct WaitingTickTests {
    private let job = JobName.ticketsCacheRefreshStale
    private let noon = Date(timeIntervalSince1970: 1_795_000_000)

    private func waiting(_ environment: TestEnvironment, misfire: Tick.Misfire) async throws {
        try await environment.with(TestService<Using>.self) { _ in }
        for minute in 0..<10 { try await environment.tick(job, at: noon + Double(minute) * 300, misfire: misfire) }
    }

    @Test("`latest` works the newest and records the others as superseded")
    func latest() async throws {
        try await TestEnvironment.open { environment in
            try await waiting(environment, misfire: .latest)
            try await environment.with(TestService<Using>.self) { _ in
                try await environment.eventually("select count(*) from operations.job_runs where outcome = 'superseded'", 9)
                try await environment.eventually("select scheduled_for from operations.job_runs where outcome = 'succeeded'", noon + 2700)
            }
            #expect(try await environment.value("select count(*) from operations.job_runs", as: Int.self) == 10)
        }
    }

    @Test("`all` works each, in its turn")
    func all() async throws {
        try await TestEnvironment.open { environment in
            try await waiting(environment, misfire: .all)
            try await environment.with(TestService<Using>.self) { _ in
                try await environment.eventually("select count(*) from operations.job_runs where outcome = 'succeeded'", 10)
            }
        }
    }
}
