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
            try await Scene.open { scene in
                let house = scene.house
                let service = try await scene.startReady("loyalty-notifier")
                try await house.database.script("alter system set synchronous_standby_names = 'gone'")
                try await house.database.script("select pg_reload_conf()")
                try await house.eventually("the setting holds") {
                    try await house.value("select current_setting('synchronous_standby_names')", as: String.self) == "gone"
                }
                try await house.publish(Rides.of(1, 1...50))
                try await house.eventually("/readyz names the statement") { await scene.readiness(service).contains("s to: commit") }
                let doctor = try scene.run(
                    "boxoffice", ["doctor"],
                    scene.environment(of: "loyalty-notifier").merging(
                        ["DATABASE_URL": house.databaseURL]) { $1 })
                _ = try await doctor.ended()
                #expect(doctor.output.contains("SyncRep"), "\(doctor.output)")
                service.signal(SIGTERM)
                #expect(try await service.ended(within: .seconds(15)) == .exited(75))
                let told = service.output.split(separator: "\n").filter { $0.contains("Waiting for the database") }
                #expect(told.count == 1, "\(service.output)")
                #expect(service.output.contains("Stopped by force"), "\(service.output)")

                try await house.database.script("alter system reset synchronous_standby_names")
                try await house.database.script("select pg_reload_conf()")
                _ = try await scene.startReady("loyalty-notifier")
                try await house.eventually("select rides from loyalty.members where user_id = 1", 50)
                try await house.eventually("one push") { try await scene.outside.pushes().count == 1 }
                #expect(try await house.value("select count(*) from loyalty.rides", as: Int.self) == 50)
                #expect(try await house.broker.get("loyalty-notifier.parked") == nil)
            }
        }

        @Test("A lock that is not given back: not ready after ten seconds; a stop cancels the statement and ends in order")
        func lock() async throws {
            try await Scene.open { scene in
                let house = scene.house
                let service = try await scene.startReady("loyalty-notifier")
                try await house.database.transaction { transaction in
                    try await transaction.execute("lock table loyalty.rides")
                    try await house.publish(Rides.of(1, 1...5))
                    try await house.eventually("/readyz says that a statement hangs") {
                        await scene.readiness(service).contains("no answer for")
                    }
                    service.signal(SIGTERM)
                    let ending = try await service.ended(within: .seconds(15))
                    #expect(ending == .exited(0) || ending == .exited(75), "\(service.output)")
                }
                _ = try await scene.startReady("loyalty-notifier")
                try await house.eventually("select rides from loyalty.members where user_id = 1", 5)
            }
        }
    }
}
