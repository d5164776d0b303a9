import AMQP
import FoundationEssentials
import Glibc
import Logging
import Migrations
import Platform
import Postgres
import Synchronization

/// A broker and a database for tests.
///
/// Most tests of a process share `TEST_POSTGRES_URL` (a superuser) and `TEST_AMQP_URL` (an administrator), with virtual hosts `test-0` …
/// `test-<TEST_AMQP_VHOSTS - 1>`; `make test` starts both. Tests that kill a server bring their own.
public actor TestServers {
    /// The servers of this process.
    public static let shared = TestServers()

    private let own: (postgres: String, amqp: String)?
    /// Whether the broker has the users of the services, with their names as passwords and the rights that they have in operation.
    public nonisolated let hasUsers: Bool
    private var template: Task<String, any Error>?
    private var freeHosts: [String]?
    private var waiting: [CheckedContinuation<String, Never>] = []
    private var databases = 0

    init() {
        own = nil
        hasUsers = getenv("TEST_AMQP_USERS") != nil
    }

    /// Servers of a test's own, with these virtual hosts (as they stand in the URL).
    public init(postgres: String, amqp: String, hosts: [String], hasUsers: Bool) {
        own = (postgres, amqp)
        self.hasUsers = hasUsers
        freeHosts = hosts
    }

    private var postgres: String { get throws { try own?.postgres ?? Self.variable("TEST_POSTGRES_URL") } }

    /// The broker's address with this virtual host.
    func amqp(host: String) throws -> String { Self.url(try own?.amqp ?? Self.variable("TEST_AMQP_URL"), database: host) }

    /// What a test machine lacks.
    public struct Missing: Error, CustomStringConvertible {
        /// What to do.
        public let description: String
    }

    static func variable(_ name: String) throws -> String {
        guard let value = getenv(name) else { throw Missing(description: "\(name) is not set; run the tests by make test") }
        return String(cString: value)
    }

    /// A logger for clients in tests: errors only.
    public static let logger: Logger = {
        var logger = Logger(label: "test") { _ in LineLogHandler(service: "test", level: .error, format: .text) }
        logger.logLevel = getenv("TEST_LOG_LEVEL").flatMap { Logger.Level(rawValue: String(cString: $0)) } ?? .critical
        return logger
    }()

    static func client(_ url: String, connections: Int = 4) throws -> PostgresClient {
        var configuration = try PostgresConfiguration(url: url)
        configuration.maximumConnections = connections
        // All tests begin at once, on two processors perhaps.
        configuration.connectTimeout = .seconds(60)
        return PostgresClient(configuration, logger: logger)
    }

    /// The URL of another database on the same server.
    static func url(_ url: String, database: String) -> String {
        let query = url.firstIndex(of: "?") ?? url.endIndex
        let slash = url[..<query].lastIndex(of: "/") ?? query
        return url[..<slash] + "/\(database)" + url[query...]
    }

    // MARK: - Databases

    /// A database with everything migrated, for one test.
    func makeDatabase() async throws -> String {
        let admin = try postgres
        let template = try await readyTemplate(admin)
        databases += 1
        let name = "\(template)_\(databases)"
        let client = try Self.client(admin, connections: 1)
        try await client.execute(SQL(file: "create database \(name) template \(template)"))
        await client.close()
        return Self.url(admin, database: name)
    }

    func dropDatabase(_ url: String) async {
        guard let admin = try? postgres, let client = try? Self.client(admin, connections: 1),
            let name = try? PostgresConfiguration(url: url).database
        else { return }
        _ = try? await client.execute(SQL(file: "drop database if exists \(name) with (force)"))
        await client.close()
    }

    private func readyTemplate(_ admin: String) async throws -> String {
        if let template { return try await template.value }
        let making = Task {
            let name = "test_\(getpid())"
            let client = try Self.client(admin, connections: 1)
            try await client.execute(SQL(file: "create database \(name)"))
            await client.close()
            let fresh = try Self.client(Self.url(admin, database: name), connections: 1)
            _ = try await Migrator(fresh).migrate(passwords: TestEnvironment.passwords)
            await fresh.close()
            return name
        }
        template = making
        return try await making.value
    }

    // MARK: - Virtual hosts

    /// A virtual host that no other test uses now; waits for one when all are taken.
    func takeHost() async throws -> String {
        if freeHosts == nil { freeHosts = (0..<(Int(try Self.variable("TEST_AMQP_VHOSTS")) ?? 1)).map { "test-\($0)" } }
        if let host = freeHosts?.popLast() { return host }
        return await withCheckedContinuation { waiting.append($0) }
    }

    func giveBack(_ host: String) {
        if waiting.isEmpty { freeHosts?.append(host) } else { waiting.removeFirst().resume(returning: host) }
    }
}
