import FoundationEssentials
import Logging
import Postgres
import Testing

@Suite("Connections")
struct ConnectionTests {
    private func client(_ url: String, _ change: (inout PostgresConfiguration) -> Void = { _ in }) throws -> PostgresClient {
        var configuration = try PostgresConfiguration(url: url)
        change(&configuration)
        return PostgresClient(configuration, logger: Logger(label: "test"))
    }

    @Test("A refused login says which user, and nothing says the password")
    func wrongPassword() async throws {
        let configuration = try TestDatabase.configuration()
        let (user, port) = (try #require(configuration.user), try #require(configuration.port))
        let client = try client("postgresql://\(user):hunter2@127.0.0.1:\(port)/postgres")
        let error = try await postgresError { try await client.ping() }
        guard case .authenticationFailed(let refused, _) = error else { throw Unexpected(what: "\(error)") }
        #expect(refused == user)
        #expect(!"\(error)".contains("hunter2"))
        #expect(error.outage == .loginRefused)
        #expect(!client.isConnected)
        await client.close()
    }

    @Test("An unknown database is told by its SQLSTATE")
    func unknownDatabase() async throws {
        let url = try TestDatabase.url
        let client = try client(url.prefix(upTo: try #require(url.lastIndex(of: "/"))) + "/nowhere")
        let error = try await postgresError { try await client.ping() }
        #expect(error.sqlState == .invalidCatalogName)
        #expect(error.outage == .loginRefused)
        await client.close()
    }

    @Test("A port where nobody listens is refused, and worth another try")
    func refused() async throws {
        let relay = try RelayServer(to: 1)
        let client = try client("postgresql://user@127.0.0.1:\(relay.port)/x")
        let cut = try await postgresError { try await client.ping() }
        #expect(cut.isTransient)
        relay.stop()
        let errors = try await withThrowingTaskGroup(of: PostgresError.self) { group in
            for _ in 0..<10 { group.addTask { try await postgresError { try await client.ping() } } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for error in errors {
            guard case .connectionRefused = error else { throw Unexpected(what: "\(error)") }
            #expect(error.isTransient)
        }
        await client.close()
    }

    @Test("A server that does not answer costs the connect timeout")
    func resetWakeUp() async throws {
        let silent = try RelayServer.silent()
        defer { silent.stop() }
        let client = try client("postgresql://user@127.0.0.1:\(silent.port)/x") { $0.connectTimeout = .milliseconds(200) }
        let error = try await postgresError { try await client.ping() }
        guard case .timedOut = error else { throw Unexpected(what: "\(error)") }
        await client.close()
    }

    @Test("A connection lost in the middle of a transaction is reported as that, and the next call works")
    func terminated() async throws {
        try await TestDatabase.run { client in
            try await client.script("create table t (n int)")
            for isIdle in [true, false] {
                let error = try await postgresError {
                    try await client.transaction { transaction in
                        try await transaction.execute("insert into t values (1)")
                        let process = try await transaction.query("select pg_backend_pid()", as: Int.self)[0]
                        if isIdle {
                            try await client.execute("select pg_terminate_backend($1::int, 10000)", process)
                            try await transaction.execute("insert into t values (2)")
                        } else {
                            async let sleeping = transaction.execute("select pg_sleep(60)")
                            try await TestDatabase.eventually("the statement runs") {
                                try await client.query(
                                    "select count(*) from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'", as: Int.self, process) == [1]
                            }
                            try await client.execute("select pg_terminate_backend($1::int)", process)
                            _ = try await sleeping
                        }
                    }
                }
                guard case .connectionLost(let why) = error else { throw Unexpected(what: "\(error)") }
                #expect(error.isTransient, "\(why)")
            }
            let rows = try await client.query("select n from t", as: Int.self)
            #expect(rows == [])
            #expect(client.isConnected)
        }
    }

    @Test("A connection that is cut while idle is not handed out again")
    func cutWhileIdle() async throws {
        let port = try #require(try TestDatabase.configuration().port)
        let relay = try RelayServer(to: UInt16(port))
        defer { relay.stop() }
        let url = try TestDatabase.url.replacing(":\(port)/", with: ":\(relay.port)/")
        let client = try client(url)
        try await client.ping()
        relay.cut()
        try await TestDatabase.eventually("the loss is noticed") { !client.isConnected }
        try await client.ping()
        #expect(client.isConnected)
        await client.close()
    }

    @Test("search_path and application name are set from the start")
    func settings() async throws {
        try await TestDatabase.run(with: {
            $0.searchPath = "pg_temp, \"odd name\""
            $0.applicationName = "a test's \\ name"
            $0.statementTimeout = .milliseconds(1234)
        }) { client in
            let row = try await client.query(
                "select current_setting('search_path'), current_setting('application_name'), current_setting('statement_timeout')")[0]
            #expect(try row.decode(String.self, at: 0) == "pg_temp, \"odd name\"")
            #expect(try row.decode(String.self, at: 1) == "a test's \\ name")
            #expect(try row.decode(String.self, at: 2) == "1234ms")
        }
    }

    @Test("After close, calls throw; what was in hand has ended")
    func closing() async throws {
        try await TestDatabase.run { client in
            try await client.script("create table t (n int)")
            let (begun, begin) = AsyncStream<Void>.makeStream()
            async let work: Void = client.transaction { transaction in
                try await transaction.execute("insert into t values (1)")
                begin.finish()
                try await transaction.execute("select pg_sleep(0.2)")
                try transaction.enqueue("insert into t values (2)")
            }
            for await _ in begun {}
            let schema = try await client.query("select current_schema()", as: String.self)[0]
            await client.close()
            try await work
            let error = try await postgresError { try await client.ping() }
            guard case .closed = error else { throw Unexpected(what: "\(error)") }
            let other = try self.client(TestDatabase.url) { $0.searchPath = schema }
            let rows = try await other.query("select n from t order by n", as: Int.self)
            #expect(rows == [1, 2])
            await other.close()
        }
    }

    @Test("A client that is let go without close leaves no connection behind")
    func abandoned() async throws {
        try await TestDatabase.run { observer in
            let name = "abandoned-\(UUID().uuidString)"
            var client: PostgresClient? = try client(TestDatabase.url) { $0.applicationName = name }
            try await client?.ping()
            client = nil
            try await TestDatabase.eventually("its connection is closed") {
                try await observer.query("select 1 from pg_stat_activity where application_name = $1", name).isEmpty
            }
        }
    }
}
