import Foundation
import Postgres
import Support
import Testing

@testable import Platform

@Suite("What of the database needs somebody")
struct DatabaseHealthTests {
    private static let healthy = """
        {"bytes": 1, "tables": [], "areSessionsVisible": true, "xidAge": 200000000, "multixactAge": 5, "statisticsSeconds": 3456000, "bloated": [],
         "scanned": [], "unusedIndexes": [], "invalidIndexes": [], "sessions": [], "prepared": [], "sequences": [],
         "collation": {"recorded": "2.36", "actual": "2.36"}}
        """

    private func findings(_ changes: String) throws -> [String] {
        let standard = try JSONSerialization.jsonObject(with: Data(Self.healthy.utf8)) as? [String: Any] ?? [:]
        let change = try JSONSerialization.jsonObject(with: Data(changes.utf8)) as? [String: Any] ?? [:]
        let whole = try JSONSerialization.data(withJSONObject: standard.merging(change) { $1 })
        return try JSONDecoder().decode(DatabaseHealth.self, from: whole).findings.map { "\($0.kind) \($0.subject)" }
    }

    @Test(
        "Each figure beyond its limit is a finding of its own, and one within is none",
        arguments: [
            ("{}", []),
            (#"{"xidAge": 1000000001, "multixactAge": 1000000001}"#, ["wraparound transaction ids", "wraparound multixact ids"]),
            (#"{"invalidIndexes": ["a.b"]}"#, ["invalid-index a.b"]),
            (#"{"unusedIndexes": [{"name": "a.large", "bytes": 10485761}, {"name": "a.small", "bytes": 10485760}]}"#, ["unused-index a.large"]),
            (#"{"statisticsSeconds": 86400, "unusedIndexes": [{"name": "a.large", "bytes": 10485761}]}"#, []),
            (
                #"""
                {"sessions": [{"process": 1, "name": "idle", "state": "idle in transaction", "seconds": 400, "stateSeconds": 301},
                              {"process": 2, "name": "aborted", "state": "idle in transaction (aborted)", "seconds": 400, "stateSeconds": 301},
                              {"process": 3, "name": "long", "state": "active", "seconds": 901, "stateSeconds": 1},
                              {"process": 4, "name": "short", "state": "active", "seconds": 899, "stateSeconds": 899},
                              {"process": 5, "name": "busy", "state": "idle in transaction", "seconds": 400, "stateSeconds": 299}]}
                """#, ["idle-in-transaction idle", "idle-in-transaction aborted", "long-transaction long"]
            ),
            (#"{"prepared": [{"name": "p", "seconds": 901}, {"name": "q", "seconds": 1}]}"#, ["prepared-transaction p"]),
            (#"{"areSessionsVisible": false, "sessions": []}"#, ["not-visible pg_stat_activity"]),
            (#"{"sequences": [{"name": "a", "share": 0.71}, {"name": "b", "share": 0.7}, {"name": "c", "share": null}]}"#, ["sequence a"]),
            (
                #"""
                {"bloated": [{"name": "never", "bytes": 1, "rows": 20000, "dead": 10001, "vacuumedSeconds": null},
                             {"name": "lately", "bytes": 1, "rows": 20000, "dead": 10001, "vacuumedSeconds": 3600},
                             {"name": "small", "bytes": 1, "rows": 1, "dead": 9999, "vacuumedSeconds": null},
                             {"name": "large", "bytes": 1, "rows": 1000000, "dead": 10001, "vacuumedSeconds": null}]}
                """#, ["bloat never"]
            ),
            (
                #"""
                {"statisticsSeconds": 172800, "scanned": [{"name": "often", "rows": 100001, "scans": 98}, {"name": "seldom", "rows": 100001, "scans": 96},
                                                          {"name": "small", "rows": 100000, "scans": 100000}]}
                """#, ["sequential-scans often"]
            ),
            (#"{"collation": {"recorded": "2.31", "actual": "2.36"}}"#, ["collation database"]),
            (#"{"collation": {"recorded": null, "actual": null}}"#, []),
        ])
    func limits(_ changes: String, _ expected: [String]) throws { #expect(try findings(changes) == expected) }

    @Test(
        "It is read from the server: an invalid index, a sequence near its end, the sessions of all roles; by maintenance too, and by no other service"
    )
    func reading() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("create table bookings.twice (n int)")
            try await environment.database.execute("insert into bookings.twice select 1 from generate_series(1, 2)")
            await #expect(throws: PostgresError.self) {
                try await environment.database.execute("create unique index concurrently twice_n on bookings.twice (n)")
            }
            try await environment.database.execute("create sequence bookings.short as smallint")
            try await environment.database.execute("select setval('bookings.short', 32000)")
            try await environment.database.transaction { tx in
                _ = try await tx.query("select 1")
                try await environment.asRole("maintenance") { database in
                    let health = try #require(try await DatabaseHealth.read(database))
                    #expect(health.areSessionsVisible)
                    #expect(health.sessions.contains { $0.state == "idle in transaction" })
                    #expect(health.tables.count == 10)
                    #expect(health.bytes > 1_000_000)
                    let found = Set(health.findings.map { "\($0.kind) \($0.subject)" })
                    #expect(found.isSuperset(of: ["invalid-index bookings.twice_n", "sequence bookings.short"]))
                }
            }
            try await environment.asRole("bookings") { database async throws in
                let error = await #expect(throws: PostgresError.self) { _ = try await DatabaseHealth.read(database) }
                #expect(error?.sqlState == .insufficientPrivilege)
            }
        }
    }
}
