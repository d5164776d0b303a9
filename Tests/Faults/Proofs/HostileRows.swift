import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

/// Inserts hostile rows among healthy ones, has all jobs run, and judges what became of each.
struct HostileRows: Sendable {
    let environment: TestEnvironment
    let stubs: StubServices

    /// One column of one row of a scenario with one value.
    struct Case: Sendable {
        let scenario: Int
        let table: String
        let key: String
        let column: String
        /// What people read of the value.
        let label: String
        /// The value as SQL.
        let value: String

        var name: String { "\(HostileScenario.all[scenario].name): \(table).\(column) = \(label)" }
    }

    /// What became of all cases.
    struct Tally: Sendable {
        var done = 0
        /// Decided otherwise than healthy ones: a refund of an event that is long over is denied.
        var decided = 0
        var named = 0
        var refused = 0
        var healthy = 0
        var runs = 0
        var notDue: [String: Int] = [:]
    }

    private struct Column: Decodable, Sendable {
        let name: String
        let type: String
        let isNullable: Bool
    }

    /// Services whose jobs run here.
    private static let services = ["payments", "bookings", "events", "tickets-cache", "loyalty-notifier"]
    /// Healthy families of each scenario and batch.
    private static let healthy = 2

    /// Every column of every scenario's rows with every value of its type.
    func cases() async throws -> [Case] {
        var cases: [Case] = []
        for (number, scenario) in HostileScenario.all.enumerated() {
            for (table, key) in scenario.tables {
                let columns = try await environment.database.query(
                    """
                    select column_name::text as name, data_type::text as type, is_nullable = 'YES' as is_nullable from information_schema.columns
                    where table_schema || '.' || table_name = $1 and is_generated = 'NEVER' and column_name not in ($2::text, 'id', 'status', 'activity_type')
                    order by ordinal_position
                    """, as: Column.self, table, key)
                for column in columns {
                    let values = Self.values(column.type) + (column.isNullable ? [("NULL", "null")] : [])
                    cases += values.map { Case(scenario: number, table: table, key: key, column: column.name, label: $0.0, value: $0.1) }
                }
            }
        }
        return cases
    }

    private static func values(_ type: String) -> [(String, String)] {
        switch type {
        case "text", "character", "character varying":
            [
                ("empty", "''"), ("U+0001", "chr(1) || $1::bigint"), ("right to left", "'שלום ' || $1::bigint || chr(8238)"),
                ("markup", "'<b>&\"{{x}}' || $1::bigint"), ("line ends", "$1::bigint || E'\\r\\nBcc: eve@example.org\\r\\n\\r\\n'"),
                ("1 MB", "$1::bigint || repeat('x', 1048576)"), ("unknown", "'Mars/Olympus'"),
            ]
        case "smallint": [("0", "0"), ("-1", "-1"), ("smallest", "-32768"), ("largest", "32767")]
        case "integer": [("0", "0"), ("-1", "-1"), ("smallest", "-2147483648"), ("largest", "2147483647")]
        case "bigint": [("0", "0"), ("-1", "-1"), ("smallest", "-9223372036854775808"), ("largest", "9223372036854775807")]
        case "boolean": [("true", "true"), ("false", "false")]
        case "jsonb": [("null", "'null'"), ("object", "'{}'"), ("text", "'\"x\"'"), ("numbers", "'[1, null]'")]
        case "timestamp with time zone", "date":
            [
                ("infinity", "'infinity'"), ("-infinity", "'-infinity'"), ("4713 BC", "'4713-01-01 00:00:00 BC'"),
                ("last", type == "date" ? "'5874897-12-31'" : "'294276-12-31 23:59:59.999999+00'"),
            ]
        default: []
        }
    }

    /// Plays a batch: inserts, runs everything, judges.
    func play(_ cases: [Case], batch: Int, _ tally: inout Tally) async throws {
        let now = environment.clock.now
        let first = 1_000_000 + batch * 10_000
        var families: [(id: Int, scenario: Int, hostile: Case?)] = []
        for hostile in cases { families.append((first + families.count, hostile.scenario, hostile)) }
        for scenario in HostileScenario.all.indices { for _ in 0..<Self.healthy { families.append((first + families.count, scenario, nil)) } }
        let lastRun = try await environment.value("select coalesce(max(id), 0) from operations.job_runs", as: Int.self) ?? 0
        try await prepareOutside(families.map(\.id))
        for (number, scenario) in HostileScenario.all.enumerated() {
            let ids = families.filter { $0.scenario == number }.map(\.id)
            for sql in scenario.insert { try await environment.database.execute(sql, ids, now) }
        }
        for index in families.indices {
            guard let hostile = families[index].hostile, try await !spoil(hostile, families[index].id) else { continue }
            tally.refused += 1
            families[index].hostile = nil
        }
        let before = try await state(families)
        for (number, scenario) in HostileScenario.all.enumerated() {
            guard let start = scenario.start else { continue }
            try await environment.database.execute(start, families.filter { $0.scenario == number }.map(\.id), now)
        }
        let healthy = families.filter { $0.hostile == nil }
        var open: [String] = []
        try await hurry(Self.services[...]) {
            for _ in 0..<3 {
                tally.runs += try await runEverything()
                try await settle()
            }
            try await environment.eventually("healthy rows are not done") {
                let done = try await doneFamilies(healthy, now)
                open = healthy.filter { !done.contains($0.id) }.map { "\($0.id): \(HostileScenario.all[$0.scenario].name)" }
                return open.isEmpty
            }
        }
        #expect(open == [], "healthy rows")
        tally.healthy += healthy.count
        try await judge(families, before, since: lastRun, now, &tally)
    }

    /// Bytemark has passes and the gateway has the money of every family.
    private func prepareOutside(_ ids: [Int]) async throws {
        let pass = #"[{"uuid":"p","status":"USABLE","time_created":"2026-01-01"}]"#
        try await stubs.order("bytemark/tokens", "[" + ids.map { #"{"token":"token-\#($0)","passes":\#(pass)}"# }.joined(separator: ",") + "]")
        try await stubs.transactions(ids.map { .init("T-\($0)", "success", amount: 1998, currency: "EUR") })
    }

    /// - Returns: false when a constraint refuses the value.
    private func spoil(_ hostile: Case, _ id: Int) async throws -> Bool {
        do {
            try await environment.database.execute(
                SQL(file: "update \(hostile.table) set \(hostile.column) = \(hostile.value) where \(hostile.key) = $1::bigint"), id)
            return true
        } catch let error as PostgresError where ["22", "23", "54"].contains(error.sqlState?.errorClass ?? "") {
            return false
        }
    }

    /// Runs every job of the services once.
    /// - Returns: how many runs.
    private func runEverything() async throws -> Int {
        let jobs = JobName.all.filter { Self.services.contains($0.service) }
        for job in jobs {
            let run = try await environment.ended(try await environment.tick(job, trigger: .manual))
            #expect([.succeeded, .partial, .skipped].contains(run.outcome), "\(job): \(run.details.prefix(1000))")
        }
        return jobs.count
    }

    /// Waits until no message is on its way, and no job runs.
    private func settle() async throws {
        try await environment.eventually("messages wait") {
            var waiting = try await environment.value(Self.waiting, as: Int.self) ?? 0
            for service in Self.services {
                waiting += try await environment.broker.inspect(queue: "\(service).events")?.messages ?? 0
            }
            return waiting == 0
        }
    }

    private func hurry(_ services: ArraySlice<String>, _ body: () async throws -> Void) async throws {
        guard let service = services.first else { return try await body() }
        try await environment.hurrying("\(service).events") { try await hurry(services.dropFirst(), body) }
    }

    private func doneFamilies(_ families: [(id: Int, scenario: Int, hostile: Case?)], _ now: Date) async throws -> Set<Int> {
        var done: Set<Int> = []
        for (number, scenario) in HostileScenario.all.enumerated() {
            let ids = families.filter { $0.scenario == number }.map(\.id)
            if !ids.isEmpty { done.formUnion(try await environment.database.query(scenario.done, as: Int.self, ids, now)) }
        }
        return done
    }

    /// Everything that names a row: errors of runs, parked messages, deliveries that did not get through.
    private func words(since run: Int) async throws -> String {
        var words = try await environment.database.query("select details::text from operations.job_runs where id > $1", as: String.self, run)
        for schema in ["payments", "bookings", "events", "loyalty"] {
            words += try await environment.database.query(
                SQL(
                    file:
                        "select concat_ws(' ', dedupe_key, left(payload::text, 2000), last_error) from \(schema).deliveries where last_error is not null"
                ),
                as: String.self)
        }
        for service in Self.services { words += try await environment.take("\(service).parked").map { String(decoding: $0.body, as: UTF8.self) } }
        return words.joined(separator: "\n")
    }

    private func judge(
        _ families: [(id: Int, scenario: Int, hostile: Case?)], _ before: [Int: String], since run: Int, _ now: Date, _ tally: inout Tally
    ) async throws {
        let after = try await state(families)
        let done = try await doneFamilies(families, now)
        let words = try await words(since: run)
        for family in families {
            guard let hostile = family.hostile else { continue }
            if done.contains(family.id) {
                tally.done += 1
            } else if words.contains("\(family.id)") {
                tally.named += 1
            } else if after[family.id] != before[family.id] {
                tally.decided += 1
            } else {
                tally.notDue[hostile.name, default: 0] += 1
                #expect(Self.mayWait(hostile), "neither done nor named: \(hostile.name), family \(family.id)")
            }
        }
        let standing = try await environment.database.query(
            "select job || ': ' || details from operations.job_runs where id > $1 and outcome in ('running', 'failed')", as: String.self, run)
        #expect(standing == [])
    }

    /// Columns that say whether anything is due at all: an instant that is unset or yet to come, a mark that it is done already; that name
    /// another family's event or the answer that a refund waits for.
    private static let deciding: Set = [
        "starts_at", "ends_at", "completed_at", "paid_at", "void_since", "refund_approved_at", "next_attempt_at", "confirmation_email_sent",
        "reminder_sent", "early_reminder_sent", "refund_requested", "refund_processed", "refund_denied", "event_id", "round",
    ]

    /// Whether nothing may be due of a row with this value.
    private static func mayWait(_ hostile: Case) -> Bool { deciding.contains(hostile.column) }

    /// The rows of the families, by id.
    private func state(_ families: [(id: Int, scenario: Int, hostile: Case?)]) async throws -> [Int: String] {
        var state: [Int: String] = [:]
        for (number, scenario) in HostileScenario.all.enumerated() {
            let ids = families.filter { $0.scenario == number }.map(\.id)
            for (table, key) in scenario.tables {
                let rows = try await environment.database.query(
                    SQL(file: "select \(key) as id, md5(t::text) as text from \(table) t where \(key) = any ($1::bigint[])"), as: Row.self, ids)
                for row in rows { state[row.id, default: ""] += row.text }
            }
        }
        return state
    }

    private struct Row: Decodable, Sendable {
        let id: Int
        let text: String
    }

    private static let waiting: SQL = """
        select (select count(*) from payments.outbox) + (select count(*) from bookings.outbox) + (select count(*) from events.outbox)
             + (select count(*) from tickets.outbox) + (select count(*) from loyalty.outbox)
             + (select count(*) from operations.job_runs where outcome = 'running')
             + (select count(*) from payments.deliveries where status = 'queued' and attempts = 0 and next_attempt_at < '2100-01-01')
             + (select count(*) from bookings.deliveries where status = 'queued' and attempts = 0 and next_attempt_at < '2100-01-01')
             + (select count(*) from events.deliveries where status = 'queued' and attempts = 0 and next_attempt_at < '2100-01-01')
             + (select count(*) from loyalty.deliveries where status = 'queued' and attempts = 0 and next_attempt_at < '2100-01-01')
        """
}
