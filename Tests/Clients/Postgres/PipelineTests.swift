import FoundationEssentials
import Logging
import Postgres
import Testing

@Suite("Pipelines and transactions")
struct PipelineTests {
    /// A client behind a relay that counts flights, on one connection that is warm.
    private func counted(_ body: (PostgresClient, RelayServer) async throws -> Void) async throws {
        let target = try TestDatabase.configuration()
        let relay = try RelayServer(to: UInt16(try #require(target.port)) ?? 0)
        defer { relay.stop() }
        try await TestDatabase.run { _ in
            let url = try TestDatabase.url.replacing(":\(try #require(target.port))/", with: ":\(relay.port)/")
            var configuration = try PostgresConfiguration(url: url + (url.contains("?") ? "&" : "?") + "sslmode=disable&gssencmode=disable")
            configuration.maximumConnections = 1
            let client = PostgresClient(configuration, logger: Logger(label: "test"))
            do { try await body(client, relay) } catch { Issue.record(error) }
            await client.close()
        }
    }

    @Test("A transaction of one statement and any number of deferred ones costs two round trips, prepared or not")
    func flights() async throws {
        try await counted { client, relay in
            try await client.script("create temp table t (n int)")
            for _ in 0..<2 {
                let before = relay.flights
                try await client.transaction { transaction in
                    try transaction.enqueue("insert into t values ($1)", 0)
                    try await transaction.execute("insert into t values ($1), (2)", 1)
                    for number in 0..<20 { try transaction.enqueue("insert into t values ($1), (3)", number) }
                }
                #expect(relay.flights - before == 2)
            }
            let count = try await client.query("select count(*) from t", as: Int.self)
            #expect(count == [86])
        }
    }

    @Test("A transaction whose statements are all deferred costs one round trip; an empty one none")
    func deferredOnly() async throws {
        try await counted { client, relay in
            try await client.script("create temp table t (n int)")
            let before = relay.flights
            try await client.transaction { try $0.enqueue("insert into t values (1)") }
            #expect(relay.flights - before == 1)
            try await client.transaction { _ in }
            #expect(relay.flights - before == 1)
            let count = try await client.query("select count(*) from t", as: Int.self)
            #expect(count == [1])
        }
    }

    @Test("Statements of several tasks share one round trip's wait")
    func concurrent() async throws {
        try await TestDatabase.run { client in
            let numbers = try await client.transaction { transaction in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<50 { group.addTask { try await transaction.query("select $1 + 0", as: Int.self, number)[0] } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            #expect(numbers.sorted() == Array(0..<50))
        }
    }

    @Test("The error of a deferred statement surfaces at the next one, with its own SQL")
    func deferredError() async throws {
        try await TestDatabase.run { client in
            try await client.script("create table t (n int primary key)")
            for endsWithStatement in [true, false] {
                let error = try await postgresError {
                    try await client.transaction { transaction in
                        try transaction.enqueue("insert into t values ($1)", 7)
                        try transaction.enqueue("insert into t values ($1)", 7)
                        if endsWithStatement { try await transaction.execute("insert into t values (8)") }
                    }
                }
                #expect(error.sqlState == .uniqueViolation)
                #expect(error.sql == "insert into t values ($1)")
            }
            let rows = try await client.query("select n from t", as: Int.self)
            #expect(rows == [])
        }
    }

    @Test("Of statements that are under way together, those behind the one that fails tell its error")
    func failedTogether() async throws {
        try await TestDatabase.run { client in
            var errors: [PostgresError] = []
            try? await client.transaction { transaction in
                errors = await withTaskGroup(of: PostgresError?.self) { group in
                    for divisor in [1, 0, 1, 1] {
                        group.addTask {
                            do {
                                try await transaction.execute("select 1 / $1::int", divisor)
                                return nil
                            } catch {
                                return error as? PostgresError
                            }
                        }
                    }
                    return await group.reduce(into: []) { if let error = $1 { $0.append(error) } }
                }
            }
            #expect(!errors.isEmpty && errors.allSatisfy { $0.sqlState == .divisionByZero })
            let after = try await client.transaction { transaction in try await transaction.query("select 1", as: Int.self) }
            #expect(after == [1])
        }
    }

    @Test("A body that swallows an error has nothing committed and is told so")
    func swallowed() async throws {
        try await TestDatabase.run { client in
            try await client.script("create table t (n int)")
            let error = try await postgresError {
                try await client.transaction { transaction in
                    try await transaction.execute("insert into t values (1)")
                    _ = try? await transaction.execute("select 1 / 0")
                }
            }
            #expect(error.sqlState == .inFailedSQLTransaction)
            let rows = try await client.query("select n from t", as: Int.self)
            #expect(rows == [])
        }
    }

    @Test("A savepoint undoes its own part and leaves the transaction usable, nested too")
    func savepoints() async throws {
        struct Stop: Error {}
        try await TestDatabase.run { client in
            try await client.script("create table t (n int primary key)")
            try await client.transaction { transaction in
                try await transaction.execute("insert into t values (1)")
                let error = try await postgresError {
                    try await transaction.savepoint { _ = try await transaction.execute("insert into t values (2), (1)") }
                }
                #expect(error.sqlState == .uniqueViolation)
                let deferred = try await postgresError {
                    try await transaction.savepoint { try transaction.enqueue("insert into t values (1)") }
                }
                #expect(deferred.sqlState == .uniqueViolation)
                try await transaction.savepoint {
                    try await transaction.execute("insert into t values (3)")
                    await #expect(throws: Stop.self) {
                        try await transaction.savepoint {
                            try transaction.enqueue("insert into t values (4)")
                            throw Stop()
                        }
                    }
                    try transaction.enqueue("insert into t values (5)")
                }
            }
            let rows = try await client.query("select n from t order by n", as: Int.self)
            #expect(rows == [1, 3, 5])
        }
    }

    @Test("A dry run returns its result and leaves nothing; it fails where the real one would")
    func dryRun() async throws {
        try await TestDatabase.run { client in
            try await client.script("create table t (n int unique deferrable initially deferred)")
            let count = try await client.dryRun { transaction in
                try transaction.enqueue("insert into t values (1)")
                return try await transaction.query("select count(*) from t", as: Int.self)[0]
            }
            #expect(count == 1)
            let error = try await postgresError {
                try await client.dryRun { try $0.enqueue("insert into t values (1), (1)") }
            }
            #expect(error.sqlState == .uniqueViolation)
            let rows = try await client.query("select n from t", as: Int.self)
            #expect(rows == [])
        }
    }

    @Test("A read-only transaction writes nothing")
    func readOnly() async throws {
        try await TestDatabase.run { client in
            let error = try await postgresError {
                try await client.transaction(readOnly: true) { try await $0.script("create table t (n int)") }
            }
            #expect(error.sqlState == .readOnlySQLTransaction)
        }
    }

    @Test("A transaction that has ended takes no more statements")
    func ended() async throws {
        try await TestDatabase.run { client in
            let leaked = try await client.transaction { transaction in
                try await transaction.execute("select 1")
                return transaction
            }
            let error = try await postgresError { try await leaked.execute("select 1") }
            guard case .closed = error else { throw Unexpected(what: "\(error)") }
        }
    }

    @Test("A script in a transaction is undone with it")
    func scripts() async throws {
        struct Stop: Error {}
        try await TestDatabase.run { client in
            await #expect(throws: Stop.self) {
                try await client.transaction { transaction in
                    try transaction.enqueue("create table first (n int)")
                    try await transaction.script("create table second (n int); insert into second values (1)")
                    try await transaction.execute("insert into first values (1)")
                    throw Stop()
                }
            }
            let tables = try await client.query("select to_regclass('first') is null and to_regclass('second') is null", as: Bool.self)
            #expect(tables == [true])
            let error = try await postgresError { try await client.script("create table third (n int); select 1 / 0") }
            #expect(error.sqlState == .divisionByZero)
            let third = try await client.query("select to_regclass('third') is null", as: Bool.self)
            #expect(third == [true])
        }
    }
}
