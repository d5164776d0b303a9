import FoundationEssentials
import Glibc
import Support
import Testing

/// A PostgreSQL and a RabbitMQ that a suite may kill, in a temporary folder.
struct PrivateServers: Sendable {
    /// Those of the suite that runs.
    @TaskLocal static var current: PrivateServers?

    let folder: String
    let servers: TestServers

    enum Server: String, Sendable, CaseIterable {
        case broker = "rabbitmq"
        case database = "postgres"
    }

    struct Failed: Error { let command: String, output: String }

    static func required() throws -> PrivateServers { try #require(current) }

    /// Starts both, runs the body and stops them.
    static func open(_ body: @Sendable (PrivateServers) async throws -> Void) async throws {
        let folder = "/tmp/boxoffice-faults-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // The servers' accounts walk through it.
        chmod(folder, 0o755)
        do {
            let users = try await definitions(folder)
            async let broker: Void = script(.broker, "start", folder, environment: ["DEFINITIONS": users])
            async let database: Void = script(.database, "start", folder)
            _ = try await (broker, database)
            let postgres = try address("POSTGRES_URL", in: "\(folder)/postgres/env")
            let amqp = try address("AMQP_URL", in: "\(folder)/rabbitmq/env")
            try await body(PrivateServers(folder: folder, servers: TestServers(postgres: postgres, amqp: amqp, hosts: ["%2F"], hasUsers: true)))
        } catch {
            await close(folder)
            throw error
        }
        await close(folder)
    }

    private static func close(_ folder: String) async {
        for server in Server.allCases { try? await script(server, "kill", folder) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// SIGKILL to all of its processes.
    func kill(_ server: Server) async throws { try await Self.script(server, "kill", folder) }

    /// Starts it with the data it had; returns when it takes connections.
    func start(_ server: Server) async throws { try await Self.script(server, "start", folder) }

    /// Has the broker write down which queues there are. It does so by itself half a second after the last one was declared; a quorum queue that
    /// a killed broker did not get to write down comes back without a leader, and neither takes nor gives messages.
    func rememberQueues() async throws { try await evaluate("[dets:sync(T) || T <- dets:all()], ok.") }

    /// Has the broker evaluate an Erlang expression.
    func evaluate(_ expression: String) async throws { try await Self.script(.broker, "ctl", folder, "eval", expression) }

    /// The passwords of the broker's users, as `boxoffice broker-users` takes them: each is the user's name.
    static func passwords() throws -> [String: String] {
        let users = try Executables.services() + ["operator", "web-shop"]
        return Dictionary(users.map { ("\($0.uppercased().replacing("-", with: "_"))_AMQP_PASSWORD", $0) }) { first, _ in first }
    }

    /// A file with the broker's users.
    private static func definitions(_ folder: String) async throws -> String {
        let process = try ServiceProcess(
            Executables.path("boxoffice"), ["broker-users", "--print"], environment: try passwords(), log: "\(folder)/users.json")
        guard try await process.ended(within: .seconds(60)) == .exited(0) else { throw Failed(command: "broker-users", output: process.output) }
        chmod(process.log, 0o644)
        return process.log
    }

    static func script(
        _ server: Server, _ verb: String, _ folder: String, _ more: String..., environment: [String: String] = [:]
    ) async throws {
        let path = "\(Executables.root)/Deploy/local/\(server.rawValue)"
        let log = "\(folder)/\(server.rawValue).log"
        let standard = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": folder]
        let environment = standard.merging(environment) { _, given in given }
        let process = try ServiceProcess(path, [verb, "\(folder)/\(server.rawValue)"] + more, environment: environment, log: log)
        guard try await process.ended(within: .seconds(120)) == .exited(0) else {
            throw Failed(command: "\(path) \(verb)", output: process.output)
        }
    }

    static func address(_ name: String, in file: String) throws -> String {
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("\(name)=") }) else { throw Failed(command: file, output: "no \(name)") }
        return String(line.dropFirst(name.count + 1))
    }
}

/// Where the repository and what it built are.
enum Executables {
    static var root: String {
        if let root = getenv("BOXOFFICE_ROOT") { return String(cString: root) }
        // Tests/Faults/Support/PrivateServers.swift
        return "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    }

    /// The services that are deployed.
    static func services() throws -> [String] {
        try String(contentsOfFile: "\(root)/Deploy/services", encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.map { String($0.prefix { $0 != " " }) }
    }

    static func path(_ name: String) -> String {
        let build = getenv("BOXOFFICE_BUILD").map { String(cString: $0) } ?? "\(root)/.build/debug"
        return "\(build)/\(name)"
    }
}

/// Gives a suite, and everything in it, servers of its own.
struct PrivateServersTrait: SuiteTrait, TestScoping {
    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        try await PrivateServers.open { servers in
            try await PrivateServers.$current.withValue(servers, operation: function)
        }
    }
}

extension Trait where Self == PrivateServersTrait {
    static var privateServers: Self { Self() }
}
