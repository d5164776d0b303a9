import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Bookings
@testable import Events
@testable import LoyaltyNotifier
@testable import Payments
@testable import TicketsCache

extension FaultTests {
    /// Each service among rows that nobody thought of: every column of what it reads holds, in one row each, NULL, the extremes of its type
    /// and texts that break things, among rows that are as they should be. The jobs are those of `JobName.all`, the columns those of the
    /// database, so that new ones are tried without being listed.
    @Suite("Hostile rows")
    struct HostileRowsProof {
        @Test("Every healthy row is done, every hostile one is done or named, and no run fails or stands still")
        func everyColumn() async throws {
            try await FaultFixture.open { fixture async throws in
                let rows = HostileRows(environment: fixture.environment, stubs: fixture.stubs)
                var cases = try await rows.cases()
                var random = Proof.random("hostile rows")
                cases.shuffle(using: &random)
                let size = Proof.size(120, whole: cases.count)
                var tally = HostileRows.Tally()
                try await Self.withServices(fixture) {
                    for start in stride(from: 0, to: size, by: 120) {
                        try await rows.play(Array(cases[start..<min(size, start + 120)]), batch: start / 120, &tally)
                    }
                }
                Proof.report(
                    "hostile rows",
                    "\(size) of \(cases.count) cases: \(tally.done) done, \(tally.decided) decided otherwise, \(tally.named) named, \(tally.refused) refused by a constraint, "
                        + "\(tally.notDue.count) not due; \(tally.healthy) healthy rows, all done; \(tally.runs) runs, none failed")
                for what in tally.notDue.keys.sorted() { print("not due: \(what)") }
            }
        }

        @Test("Every table that a service has is spoiled, or spared for a reason that is written down")
        func everyTable() async throws {
            try await FaultFixture.open { fixture async throws in
                let spoiled = Set(HostileScenario.all.flatMap(\.tables).map(\.table))
                let tables = try await fixture.environment.database.query(
                    """
                    select table_schema || '.' || table_name from information_schema.tables
                    where table_type = 'BASE TABLE' and table_schema in ('bookings', 'events', 'payments', 'loyalty', 'tickets', 'marketing', 'storefront')
                    """, as: String.self)
                for table in tables where !spoiled.contains(table) {
                    let name = String(table.split(separator: ".")[1])
                    #expect(HostileScenario.spared[table] ?? HostileScenario.spared[name] != nil, "\(table) is in no scenario")
                }
            }
        }

        private static func withServices(_ fixture: FaultFixture, _ body: () async throws -> Void) async throws {
            let (environment, settings) = (fixture.environment, fixture.stubs.settings)
            try await environment.with(Payments.self, settings: settings) { _ in
                try await environment.with(Bookings.self, settings: settings) { _ in
                    try await environment.with(Events.self, settings: settings) { _ in
                        try await environment.with(TicketsCache.self, settings: settings) { _ in
                            try await environment.with(LoyaltyNotifier.self, settings: settings) { _ in try await body() }
                        }
                    }
                }
            }
        }
    }
}
