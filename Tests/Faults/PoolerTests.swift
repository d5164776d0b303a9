import AMQP
import Contracts
import FoundationEssentials
import Glibc
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Behind PgBouncer")
    struct PoolerTests {
        @Test(
            "In transaction mode services work with DATABASE_POOLER=transaction; without it they wait, and say that it is missing",
            arguments: [false, true])
        func transactionMode(ignoresSettings: Bool) async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let pooler = try await Pooler.start(fixture, ignoresSettings: ignoresSettings)
                let behind = [
                    "DATABASE_URL": try pooler.url(of: "loyalty-notifier", fixture), "DATABASE_POOLER": "transaction",
                ]
                let migrate = try fixture.run(
                    "boxoffice", ["migrate"],
                    ["DATABASE_URL": try pooler.replacingPort(of: environment.databaseURL), "DATABASE_POOLER": "transaction"])
                #expect(try await migrate.ended() == .exited(0), "\(migrate.output)")

                let untold = try fixture.start("loyalty-notifier", behind.merging(["DATABASE_POOLER": "none"]) { $1 })
                try await environment.eventually("it says what is missing") { await fixture.readiness(untold).contains("DATABASE_POOLER") }
                #expect(untold.hasEnded == nil)
                try await untold.kill()

                // Twelve connections of clients and a job on two of the server's.
                let replicas = try await [fixture.startReady("loyalty-notifier", behind), fixture.startReady("loyalty-notifier", behind)]
                try await environment.publish((1...20).flatMap { Rides.of($0, 1...50) })
                try await environment.eventually("select count(*) from loyalty.members where rides = 50", 20)
                let tick = try await environment.tick(.loyaltyNotifierNotify)
                #expect(try await environment.ended(tick).outcome == .succeeded)
                try await environment.eventually("everybody is told") { try await fixture.stubs.pushes().count >= 20 }
                #expect(try await fixture.stubs.pushes().flatMap(\.userIds).sorted() == Array(1...20))
                #expect(try await environment.broker.get("loyalty-notifier.parked") == nil)
                for replica in replicas {
                    #expect(!replica.output.contains("will be tried again"), "\(replica.output)")
                    replica.signal(SIGTERM)
                    #expect(try await replica.ended(within: StopTests.patience) == .exited(0))
                }
            }
        }
    }
}

/// PgBouncer in front of the database of a scene, in transaction mode. Ends with the scene.
private struct Pooler {
    let port: Int

    static func start(_ fixture: FaultFixture, ignoresSettings: Bool) async throws -> Pooler {
        let port = try FreePort.find()
        let folder = "\(fixture.servers.folder)/pgbouncer-\(port)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let database = try #require(URL(string: fixture.environment.databaseURL))
        let users = [(database.user() ?? "postgres", database.password() ?? "")] + TestEnvironment.passwords.map { ($0.key, $0.value) }
        let list = users.map { "\"\($0.0)\" \"\($0.1)\"\n" }.joined()
        try list.write(toFile: "\(folder)/users", atomically: true, encoding: .utf8)
        let settings = """
            [databases]
            * = host=127.0.0.1 port=\(database.port ?? 5432)
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(port)
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = \(folder)/users
            pool_mode = transaction
            default_pool_size = 2
            \(ignoresSettings ? "ignore_startup_parameters = options" : "")

            """
        try settings.write(toFile: "\(folder)/ini", atomically: true, encoding: .utf8)
        for file in ["", "/users", "/ini"] { chmod(folder + file, file.isEmpty ? 0o755 : 0o644) }
        // It refuses to run as root.
        let account = geteuid() == 0 ? ["/usr/bin/setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"] : []
        let command = account + ["/usr/sbin/pgbouncer", "\(folder)/ini"]
        let process = try fixture.run(command[0], Array(command.dropFirst()), [:])
        try await fixture.environment.eventually("PgBouncer listens") {
            process.output.contains("process up") || process.hasEnded != nil
        }
        #expect(process.hasEnded == nil, "\(process.output)")
        return Pooler(port: port)
    }

    func url(of role: String, _ fixture: FaultFixture) throws -> String {
        try replacingPort(of: try #require(fixture.environment(of: role)["DATABASE_URL"]))
    }

    func replacingPort(of url: String) throws -> String {
        let old = try #require(URL(string: url)?.port)
        return url.replacing(":\(old)/", with: ":\(port)/")
    }
}
