import FoundationEssentials
import Postgres
import Testing

@Suite("Cancellation and time limits")
struct CancellationTests {
    private func isSleeping(_ client: PostgresClient, _ name: String) async throws -> Bool {
        try await !client.query("select 1 from pg_stat_activity where application_name = $1 and wait_event = 'PgSleep'", name).isEmpty
    }

    @Test("Cancelling a task stops its statement on the server at once and rolls its transaction back")
    func transaction() async throws {
        let name = "cancel-\(UUID().uuidString)"
        try await TestDatabase.run(with: { $0.applicationName = name }) { client in
            try await client.script("create table t (n int)")
            let process = try await client.query("select pg_backend_pid()", as: Int.self)
            let task = Task {
                try await client.transaction { transaction in
                    try await transaction.execute("insert into t values (1)")
                    try await transaction.execute("select pg_sleep(60)")
                }
            }
            try await TestDatabase.run { observer in
                try await TestDatabase.eventually("it sleeps") { try await isSleeping(observer, name) }
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                let sleeps = try await isSleeping(observer, name)
                #expect(!sleeps)
            }
            let rows = try await client.query("select n from t", as: Int.self)
            #expect(rows == [])
            let after = try await client.query("select pg_backend_pid()", as: Int.self)
            #expect(after == process, "the connection was given up")
        }
    }

    @Test("Cancelling as the statement is sent does not let it run on", arguments: 0..<20)
    func early(yields: Int) async throws {
        let start = ContinuousClock.now
        try await TestDatabase.run { client in
            try await client.ping()
            let task = Task { try await client.execute("select pg_sleep(60)") }
            for _ in 0..<yields { await Task.yield() }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try await client.ping()
        }
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("A cancelled task waits for no connection")
    func waiting() async throws {
        try await TestDatabase.run(with: { $0.maximumConnections = 1 }) { client in
            try await client.transaction { transaction in
                try await transaction.execute("select 1")
                let task = Task { try await client.ping() }
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
            try await client.ping()
        }
    }

    @Test("A cancelled COPY and a cancelled script end as such")
    func simpleProtocol() async throws {
        let name = "cancel-\(UUID().uuidString)"
        try await TestDatabase.run(with: { $0.applicationName = name }) { client in
            try await client.script("create table t (n int)")
            let script = Task { try await client.script("insert into t values (1); select pg_sleep(60)") }
            try await TestDatabase.run { observer in
                try await TestDatabase.eventually("it sleeps") { try await isSleeping(observer, name) }
            }
            script.cancel()
            await #expect(throws: CancellationError.self) { try await script.value }
            let (stream, rows) = AsyncStream<[any PostgresEncodable]>.makeStream()
            rows.yield([1])
            let copy = Task { try await client.copy("copy t from stdin", rows: stream) }
            copy.cancel()
            await #expect(throws: CancellationError.self) { try await copy.value }
            let count = try await client.query("select count(*) from t", as: Int.self)
            #expect(count == [0])
        }
    }

    @Test("The statement timeout of the configuration ends a statement")
    func statementTimeout() async throws {
        try await TestDatabase.run(with: { $0.statementTimeout = .milliseconds(50) }) { client in
            let error = try await postgresError { try await client.execute("select pg_sleep(60)") }
            #expect(error.sqlState == .queryCanceled)
            try await client.ping()
        }
    }
}
