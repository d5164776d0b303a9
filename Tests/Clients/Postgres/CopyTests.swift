import FoundationEssentials
import Postgres
import Testing

@Suite("COPY")
struct CopyTests {
    struct Stop: Error {}

    @Test("A hundred thousand rows go in from a stream")
    func many() async throws {
        try await TestDatabase.run { client in
            try await client.script("create table t (n int, name text)")
            let rows = AsyncThrowingStream<[any PostgresEncodable], any Error> { continuation in
                for number in 1...100_000 { continuation.yield([number, "row \(number)"]) }
                continuation.finish()
            }
            let count = try await client.copy("copy t (n, name) from stdin", rows: rows)
            #expect(count == 100_000)
            let sum = try await client.query("select sum(n)::bigint from t where name = 'row ' || n", as: Int.self)
            #expect(sum == [5_000_050_000])
        }
    }

    @Test("Every type has its text")
    func types() async throws {
        let id = UUID()
        let instant = Date(timeIntervalSinceReferenceDate: 0.000_001)
        let old = Date(timeIntervalSince1970: -62_200_000_000)
        let row: [any PostgresEncodable] = [
            Int.min, true, 0.1, "tab\t back\\slash new\nline \r é", id, [0, 255] as [UInt8], instant, Decimal(12) / 5, ["a\"b\\", nil] as [String?],
            [1, 2], PostgresJSON(["k": "v\\\""]), PostgresInterval(months: 1, days: -2, microseconds: -1_500_000), Int?.none, old, Date.distantFuture,
            [[1], []] as [[UInt8]], [instant], "\\N",
        ]
        try await TestDatabase.run { client in
            try await client.script(
                """
                create table t (a bigint, b bool, c float8, d text, e uuid, f bytea, g timestamptz, h numeric, i text[], j int[], k jsonb,
                    l interval, m int, n timestamptz, o timestamptz, p bytea[], q timestamptz[], r text)
                """)
            let copied = try await client.copy("copy t from stdin", rows: [row])
            try await client.execute(
                "insert into t values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)", parameters: row)
            #expect(copied == 1)
            let distinct = try await client.query("select count(distinct t) from t", as: Int.self)
            #expect(distinct == [1])
        }
    }

    @Test("A sequence that fails in the middle leaves nothing, and the connection usable")
    func failure() async throws {
        try await TestDatabase.run(with: { $0.maximumConnections = 1 }) { client in
            try await client.script("create table t (n int)")
            let rows = AsyncThrowingStream<[any PostgresEncodable], any Error> { continuation in
                for number in 1...50_000 { continuation.yield([number]) }
                continuation.finish(throwing: Stop())
            }
            let process = try await client.query("select pg_backend_pid()", as: Int.self)
            await #expect(throws: Stop.self) { try await client.copy("copy t from stdin", rows: rows) }
            let error = try await postgresError { try await client.copy("copy t from stdin", rows: [[1], ["a\0b"]]) }
            guard case .unsendable = error else { throw Unexpected(what: "\(error)") }
            let refused = try await postgresError { try await client.copy("copy t from stdin", rows: [[1], ["word"]]) }
            #expect(refused.sqlState == .invalidTextRepresentation)
            #expect(!"\(refused)".contains("word"))
            let unknown = try await postgresError { try await client.copy("copy missing from stdin", rows: [[1]]) }
            #expect(unknown.sqlState == .undefinedTable)
            let none = try await postgresError { try await client.copy("select 1", rows: [[1]]) }
            guard case .unsendable = none else { throw Unexpected(what: "\(none)") }
            let after = try await client.query("select pg_backend_pid() from t right join (values (1)) as one on true", as: Int.self)
            #expect(after == process)
        }
    }

    @Test("COPY takes part in its transaction")
    func transaction() async throws {
        try await TestDatabase.run { client in
            try await client.script("create table t (n int)")
            await #expect(throws: Stop.self) {
                try await client.transaction { transaction in
                    try transaction.enqueue("insert into t values (1)")
                    try await transaction.copy("copy t from stdin", rows: [[2], [3]])
                    let rows = try await transaction.query("select n from t order by n", as: Int.self)
                    #expect(rows == [1, 2, 3])
                    throw Stop()
                }
            }
            let rows = try await client.query("select n from t", as: Int.self)
            #expect(rows == [])
        }
    }
}
