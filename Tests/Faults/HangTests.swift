import AMQP
import FoundationEssentials
import Glibc
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Commits that hang")
    struct HangTests {
        @Test("A commit that waits for a standby which is gone: not ready, told once, a stop ends by force, and nothing is lost or done twice")
        func synchronousStandby() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let service = try await fixture.startReady("loyalty-notifier")
                try await environment.database.script("alter system set synchronous_standby_names = 'gone'")
                try await environment.database.script("select pg_reload_conf()")
                try await environment.eventually("the setting holds") {
                    try await environment.value("select current_setting('synchronous_standby_names')", as: String.self) == "gone"
                }
                try await environment.publish(Rides.of(1, 1...50))
                try await environment.eventually("/readyz names the statement") { await fixture.readiness(service).contains("s to: commit") }
                let doctor = try fixture.run(
                    "boxoffice", ["doctor"],
                    fixture.environment(of: "loyalty-notifier").merging(
                        ["DATABASE_URL": environment.databaseURL]) { $1 })
                _ = try await doctor.ended()
                #expect(doctor.output.contains("SyncRep"), "\(doctor.output)")
                service.signal(SIGTERM)
                #expect(try await service.ended(within: .seconds(15)) == .exited(75))
                let told = service.output.split(separator: "\n").filter { $0.contains("Waiting for the database") }
                #expect(told.count == 1, "\(service.output)")
                #expect(service.output.contains("Stopped by force"), "\(service.output)")

                try await environment.database.script("alter system reset synchronous_standby_names")
                try await environment.database.script("select pg_reload_conf()")
                _ = try await fixture.startReady("loyalty-notifier")
                try await environment.eventually("select rides from loyalty.members where user_id = 1", 50)
                try await environment.eventually("one push") { try await fixture.stubs.pushes().count == 1 }
                #expect(try await environment.value("select count(*) from loyalty.rides", as: Int.self) == 50)
                #expect(try await environment.broker.get("loyalty-notifier.parked") == nil)
            }
        }

        @Test("A lock that is not given back: not ready after ten seconds; a stop cancels the statement and ends in order")
        func lock() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let service = try await fixture.startReady("loyalty-notifier")
                try await environment.database.transaction { transaction in
                    try await transaction.execute("lock table loyalty.rides")
                    try await environment.publish(Rides.of(1, 1...5))
                    try await environment.eventually("/readyz says that a statement hangs") {
                        await fixture.readiness(service).contains("no answer for")
                    }
                    service.signal(SIGTERM)
                    let ending = try await service.ended(within: .seconds(15))
                    #expect(ending == .exited(0) || ending == .exited(75), "\(service.output)")
                }
                _ = try await fixture.startReady("loyalty-notifier")
                try await environment.eventually("select rides from loyalty.members where user_id = 1", 5)
            }
        }
    }
}
