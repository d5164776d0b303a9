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
            try await Scene.open { scene in
                let house = scene.house
                let pooler = try await Pooler.start(scene, ignoresSettings: ignoresSettings)
                let behind = [
                    "DATABASE_URL": try pooler.url(of: "loyalty-notifier", scene), "DATABASE_POOLER": "transaction",
                ]
                let migrate = try scene.run(
                    "boxoffice", ["migrate"],
                    ["DATABASE_URL": try pooler.replacingPort(of: house.databaseURL), "DATABASE_POOLER": "transaction"])
                #expect(try await migrate.ended() == .exited(0), "\(migrate.output)")

                let untold = try scene.start("loyalty-notifier", behind.merging(["DATABASE_POOLER": "none"]) { $1 })
                try await house.eventually("it says what is missing") { await scene.readiness(untold).contains("DATABASE_POOLER") }
                #expect(untold.hasEnded == nil)
                try await untold.kill()

                // Twelve connections of clients and a job on two of the server's.
                let replicas = try await [scene.startReady("loyalty-notifier", behind), scene.startReady("loyalty-notifier", behind)]
                try await house.publish((1...20).flatMap { Rides.of($0, 1...50) })
                try await house.eventually("select count(*) from loyalty.members where rides = 50", 20)
                let tick = try await house.tick(.loyaltyNotifierNotify)
                #expect(try await house.ended(tick).outcome == "succeeded")
                try await house.eventually("everybody is told") { try await scene.outside.pushes().count >= 20 }
                #expect(try await scene.outside.pushes().flatMap(\.userIds).sorted() == Array(1...20))
                #expect(try await house.broker.get("loyalty-notifier.parked") == nil)
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

    static func start(_ scene: Scene, ignoresSettings: Bool) async throws -> Pooler {
        let port = try FreePort.find()
        let folder = "\(scene.servers.folder)/pgbouncer-\(port)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let database = try #require(URL(string: scene.house.databaseURL))
        let users = [(database.user() ?? "postgres", database.password() ?? "")] + TestHouse.passwords.map { ($0.key, $0.value) }
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
        let process = try scene.run(command[0], Array(command.dropFirst()), [:])
        try await scene.house.eventually("PgBouncer listens") {
            process.output.contains("process up") || process.hasEnded != nil
        }
        #expect(process.hasEnded == nil, "\(process.output)")
        return Pooler(port: port)
    }

    func url(of role: String, _ scene: Scene) throws -> String {
        try replacingPort(of: try #require(scene.environment(of: role)["DATABASE_URL"]))
    }

    func replacingPort(of url: String) throws -> String {
        let old = try #require(URL(string: url)?.port)
        return url.replacing(":\(old)/", with: ":\(port)/")
    }
}
