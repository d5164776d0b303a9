import AMQP
import Contracts
import Curl
import FoundationEssentials
import Glibc
import Logging
import Platform
import Postgres
import Support
import Synchronization
import Testing

/// A house on private servers with the world outside, and services in it that are processes of their own.
final class FaultFixture: Sendable {
    let environment: TestEnvironment
    let stubs: StubServices
    let servers: PrivateServers
    fileprivate let web: CurlClient
    private let started = Mutex<[ServiceProcess]>([])

    private init(environment: TestEnvironment, stubs: StubServices, servers: PrivateServers, web: CurlClient) {
        (self.environment, self.stubs, self.servers, self.web) = (environment, stubs, servers, web)
    }

    /// Opens it, runs the test in it, ends every process that was started in it.
    /// - Parameter connections: How many statements the test itself makes at once.
    static func open(connections: Int = 4, _ body: @Sendable (FaultFixture) async throws -> Void) async throws {
        let servers = try #require(PrivateServers.current)
        try await TestEnvironment.open(on: servers.servers, connections: connections) { environment in
            try await environment.adoptSchedules()
            try await StubServices.open { stubs in
                let web = CurlClient(logger: TestServers.logger)
                let fixture = FaultFixture(environment: environment, stubs: stubs, servers: servers, web: web)
                do {
                    try await body(fixture)
                } catch {
                    await fixture.close()
                    throw error
                }
                await fixture.close()
            }
        }
    }

    private func close() async {
        for process in started.withLock({ $0 }) { try? await process.kill() }
        await web.close()
    }

    /// What a service in this house is told by its environment; it has its own role.
    func environment(of name: String) -> [String: String] {
        environment.variables(stubs.settings.merging(["LOG_LEVEL": "info"]) { _, ours in ours }, role: name)
    }

    /// Starts a service; it ends with the scene at the latest.
    /// - Parameters:
    ///   - log: Where it writes its log, if not to a file of its own.
    ///   - preparation: What a shell does before it becomes the service: `ulimit -n 64`.
    func start(_ name: String, _ settings: [String: String] = [:], log: String? = nil, under preparation: String? = nil) throws -> ServiceProcess {
        let port = try FreePort.find()
        let environment = environment(of: name).merging(["HTTP_PORT": "\(port)"]) { _, ours in ours }.merging(settings) { _, given in given }
        return try start(name, environment: environment, port: port, log: log, under: preparation)
    }

    /// Starts a service with exactly this environment.
    func start(
        _ name: String, environment: [String: String], port: Int, log: String? = nil, under preparation: String? = nil
    ) throws -> ServiceProcess {
        let log = log ?? "\(servers.folder)/\(started.withLock(\.count))-\(name)-\(UInt32.random(in: 0...UInt32.max)).log"
        let program = Executables.path(name)
        let process =
            if let preparation {
                // Without the files that the tests have open.
                try ServiceProcess(
                    "/bin/bash",
                    ["-c", "for fd in /proc/self/fd/*; do fd=${fd##*/}; ((fd < 3)) || eval \"exec $fd>&-\"; done; \(preparation); exec \(program)"],
                    environment: environment, port: port, log: log)
            } else {
                try ServiceProcess(program, environment: environment, port: port, log: log)
            }
        started.withLock { $0.append(process) }
        return process
    }

    /// Starts a command, one of ours by its name or any by its path; it ends with the scene at the latest.
    func run(_ program: String, _ arguments: [String], _ environment: [String: String]) throws -> ServiceProcess {
        let log = "\(servers.folder)/\(started.withLock(\.count))-run-\(UInt32.random(in: 0...UInt32.max)).log"
        let path = program.hasPrefix("/") ? program : Executables.path(program)
        let process = try ServiceProcess(path, arguments, environment: environment, log: log)
        started.withLock { $0.append(process) }
        return process
    }

    /// Starts a service and waits until it is ready.
    func startReady(_ name: String, _ settings: [String: String] = [:]) async throws -> ServiceProcess {
        let process = try start(name, settings)
        try await ready(process)
        return process
    }

    /// Waits until `/readyz` says so.
    func ready(_ process: ServiceProcess, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        var reached = false
        try await environment.eventually("/readyz does not answer 200", sourceLocation: sourceLocation) {
            reached = await isReady(process)
            return reached || process.hasEnded != nil
        }
        if !reached { Issue.record("the service has ended: \(process.output.suffix(2000))", sourceLocation: sourceLocation) }
    }

    /// With the token that the console asks for.
    private func request(_ process: ServiceProcess, _ path: String) -> HTTPRequest {
        let token = stubs.settings["CONSOLE_TOKEN"] ?? ""
        return HTTPRequest(url: "http://127.0.0.1:\(process.port)/\(path)", headers: ["Authorization": "Bearer \(token)"])
    }

    /// Whether `/readyz` answers 200 now.
    func isReady(_ process: ServiceProcess) async -> Bool {
        let response = try? await web.send(request(process, "readyz"))
        return response?.status == 200
    }

    /// What the service answers to a request.
    func ask(_ process: ServiceProcess, _ path: String, _ method: HTTPMethod = .get, at host: String = "127.0.0.1") async throws -> HTTPResponse {
        try await web.send(HTTPRequest(method, url: "http://\(host):\(process.port)/\(path)"))
    }

    /// How many lines of its log the service has dropped.
    func dropped(_ process: ServiceProcess) async throws -> Int {
        let line = try await metrics(process).split(separator: "\n").first { $0.hasPrefix("boxoffice_log_lines_dropped_total ") }
        return line.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
    }

    /// What `/readyz` says now; empty when it does not answer.
    func readiness(_ process: ServiceProcess) async -> String {
        let response = try? await web.send(request(process, "readyz"))
        return response.map { String(decoding: $0.body, as: UTF8.self) } ?? ""
    }

    /// What `/metrics` tells.
    func metrics(_ process: ServiceProcess) async throws -> String {
        String(decoding: try await web.send(request(process, "metrics")).body, as: UTF8.self)
    }
}

extension FaultFixture {
    /// Whether `/livez` answers 200 now.
    func isAlive(_ process: ServiceProcess) async -> Bool {
        let response = try? await web.send(HTTPRequest(url: "http://127.0.0.1:\(process.port)/livez"))
        return response?.status == 200
    }

    /// Users with tokens and three passes each, who all want a refresh; Bytemark answers after 100 ms.
    func wantRefreshes(_ users: Int) async throws {
        try await stubs.order("bytemark/tokens", #"{"generate":{"tokens":\#(users),"prefix":"token-","passesPerUser":3,"seed":1}}"#)
        try await stubs.order("latency", #"{"part":"bytemark","ms":100}"#)
        try await environment.database.execute(
            "insert into tickets.bytemark_tokens (user_id, token) select n, 'token-' || n from generate_series(1, $1) n", users)
        try await environment.database.execute(
            "insert into tickets.refresh_log (user_id, activity_type) select n, 1 from generate_series(1, $1) n", users)
    }

    /// Bytemark was asked for both lists of each user, once.
    func expectEachFetchedOnce(_ users: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let requests = try await stubs.received("bytemark")
        let perToken = Dictionary(grouping: requests, by: \.token).mapValues(\.count)
        #expect(perToken.count == users, sourceLocation: sourceLocation)
        #expect(perToken.filter { $0.value != 2 }.isEmpty, sourceLocation: sourceLocation)
    }
}
