import FoundationEssentials
import Postgres
import Synchronization
import Testing

@Suite("Pool")
struct PoolTests {
    @Test("There are never more connections than allowed, and all callers get theirs")
    func limit() async throws {
        let name = "pool-\(UUID().uuidString)"
        try await TestDatabase.run(with: {
            $0.maximumConnections = 3
            $0.applicationName = name
        }) { client in
            let most = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        try await client.query(
                            "select count(*) from pg_stat_activity, pg_sleep(0.005) where application_name = $1", as: Int.self, name)[0]
                    }
                }
                return try await group.reduce(0) { max($0, $1) }
            }
            #expect(most == 3)
        }
    }

    private final class Served: Sendable {
        let numbers = Mutex<[Int]>([])
    }

    @Test("Callers that wait are served in turn")
    func order() async throws {
        try await TestDatabase.run(with: { $0.maximumConnections = 1 }) { client in
            let served = Served()
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await client.transaction { transaction in
                    try await transaction.execute("select 1")
                    for number in 0..<10 {
                        group.addTask {
                            try await client.transaction { transaction in
                                served.numbers.withLock { $0.append(number) }
                                try await transaction.execute("select 1")
                            }
                        }
                        try await TestDatabase.eventually("caller \(number) waits") { client.usage.waiting == number + 1 }
                    }
                }
                try await group.waitForAll()
            }
            #expect(served.numbers.withLock { $0 } == Array(0..<10))
        }
    }

    @Test("Surplus connections are closed after their idle time; one stays")
    func surplus() async throws {
        let name = "pool-\(UUID().uuidString)"
        try await TestDatabase.run(with: {
            $0.applicationName = name
            $0.idleTimeout = .milliseconds(100)
        }) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await client.execute("select pg_sleep(0.05)") } }
                try await group.waitForAll()
            }
            try await TestDatabase.run { observer in
                try await TestDatabase.eventually("one is left") {
                    try await observer.query("select 1 from pg_stat_activity where application_name = $1", name).count == 1
                }
            }
            try await client.ping()
        }
    }

    @Test("A session keeps its connection and leaves nothing on it")
    func session() async throws {
        try await TestDatabase.run(with: { $0.maximumConnections = 1 }) { client in
            let process = try await client.withConnection { session in
                try await session.execute("select pg_advisory_lock(5)")
                try await session.execute("set statement_timeout = '5s'")
                try await session.script("create temp table left_behind (n int); begin")
                return try await session.query("select pg_backend_pid()", as: Int.self)[0]
            }
            let row = try await client.query(
                """
                select pg_backend_pid() as process, to_regclass('pg_temp.left_behind') is null and current_setting('statement_timeout') = '0'
                    and not exists (select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as clean
                """)[0]
            #expect(try row.get("process", as: Int.self) == process)
            #expect(try row.get("clean", as: Bool.self))
        }
    }

    @Test("A transaction opened by hand does not reach the next caller")
    func openTransaction() async throws {
        try await TestDatabase.run(with: { $0.maximumConnections = 1 }) { client in
            let before = try await client.query("select pg_backend_pid()", as: Int.self)
            try await client.execute("begin")
            let after = try await client.query("select pg_backend_pid()", as: Int.self)
            #expect(after != before)
        }
    }

    @Test("Statements are prepared once on a connection and used again; the cache is bounded")
    func prepared() async throws {
        try await TestDatabase.run(with: { $0.maximumConnections = 1 }) { client in
            for number in 0..<5 { _ = try await client.query("select $1 + 10", number) }
            let uses = try await client.query(
                "select (generic_plans + custom_plans)::int from pg_prepared_statements where statement = 'select $1 + 10'", as: Int.self)
            #expect(uses == [5])
            for number in 0..<400 { _ = try await client.query(SQL(file: "select \(number)")) }
            let count = try await client.query("select count(*) from pg_prepared_statements", as: Int.self)
            #expect((200...258).contains(count[0]))
            let kept = try await client.query("select count(*) from pg_prepared_statements where statement = 'select 399'", as: Int.self)
            #expect(kept == [1])
        }
    }

    @Test("A statement whose table changed, or that the server forgot, is prepared anew")
    func stalePlans() async throws {
        try await TestDatabase.run(with: { $0.maximumConnections = 1 }) { client in
            try await client.script("create table t (n int); insert into t values (1)")
            let before = try await client.query("select * from t")
            #expect(before.columns.count == 1)
            try await client.script("alter table t add column m int")
            let after = try await client.query("select * from t")
            #expect(after.columns.count == 2)
            try await client.script("deallocate all")
            let again = try await client.query("select * from t")
            #expect(again.columns.count == 2)
            try await client.script("alter table t add column o int")
            let error = try await postgresError { try await client.transaction { _ = try await $0.query("select * from t") } }
            #expect(error.isTransient)
            try await client.transaction { transaction in
                let rows = try await transaction.query("select * from t")
                #expect(rows.columns.count == 3)
            }
        }
    }

    @Test("Large results and large parameters pass each other without a deadlock")
    func large() async throws {
        try await TestDatabase.run { client in
            let blob = [UInt8](repeating: 7, count: 8_000_000)
            try await client.transaction { transaction in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<6 { group.addTask { try await transaction.query("select $1::bytea", as: [UInt8].self, blob)[0].count } }
                    for try await count in group { #expect(count == blob.count) }
                }
            }
            let rows = try await client.query("select repeat('x', 1000) from generate_series(1, 100000)")
            #expect(rows.count == 100_000)
            #expect(try rows[99_999].decode(String.self, at: 0).utf8.count == 1000)
        }
    }

    @Test("Notifications arrive, also after the connection was lost; close ends them")
    func notifications() async throws {
        let name = "listen-\(UUID().uuidString)"
        try await TestDatabase.run(with: { $0.applicationName = name }) { client in
            let channel = "a \"channel\" \(name)"
            var received = client.listen(channel).makeAsyncIterator()
            try await TestDatabase.run { sender in
                func send(_ payload: String) async throws {
                    try await TestDatabase.eventually("somebody listens") {
                        try await !sender.query(
                            "select 1 from pg_stat_activity where application_name = $1 and query like 'listen %' and state = 'idle'", name
                        ).isEmpty
                    }
                    try await sender.execute("select pg_notify($1, $2)", channel, payload)
                }
                try await send("first")
                #expect(await received.next(isolation: #isolation)?.payload == "first")
                try await sender.execute("select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name = $1", name)
                try await send("second")
                #expect(await received.next(isolation: #isolation)?.payload == "second")
            }
            await client.close()
            #expect(await received.next(isolation: #isolation) == nil)
        }
    }
}
