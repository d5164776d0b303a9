import AMQP
import Dispatch
import Foundation
import Glibc
import Testing

/// A broker of the test's own, to be killed, starved and spoken to over TLS. Started and stopped with `Deploy/local/rabbitmq`.
struct PrivateBroker: Sendable {
    @TaskLocal static var current: PrivateBroker?

    let folder: URL
    let environment: [String: String]

    static func required() throws -> PrivateBroker { try #require(current) }

    private static let script: String = {
        let root = ProcessInfo.processInfo.environment["BOXOFFICE_ROOT"].map { URL(filePath: $0) }
        let here = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return (root ?? here).appending(path: "Deploy/local/rabbitmq").path
    }()

    fileprivate static func start() async throws -> PrivateBroker {
        let folder = FileManager.default.temporaryDirectory.appending(path: Broker.name("broker"))
        try await run(["start", folder.path])
        let lines = try String(contentsOf: folder.appending(path: "env"), encoding: .utf8).split(separator: "\n")
        let pairs = lines.compactMap { line -> (String, String)? in
            line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
        }
        return PrivateBroker(folder: folder, environment: Dictionary(pairs) { $1 })
    }

    fileprivate func remove() async throws {
        try await command("stop")
        try FileManager.default.removeItem(at: folder)
    }

    func configuration(_ name: String = "AMQP_URL") throws -> AMQPConfiguration {
        var configuration = try Broker.configuration(try #require(environment[name]))
        configuration.reconnectDelay = .milliseconds(20)...Duration.milliseconds(200)
        return configuration
    }

    /// `start`, `stop`, `kill` or `ctl` with arguments.
    func command(_ verb: String, _ arguments: String...) async throws { try await Self.run([verb, folder.path] + arguments) }

    /// Ready and unacknowledged messages of a queue, as the broker counts them.
    func depth(of queue: String) async throws -> Int? {
        let output = folder.appending(path: Broker.name("output"))
        try await Self.run(["ctl", folder.path, "list_queues", "-q", "--no-table-headers", "name", "messages"], output: output)
        let lines = try String(contentsOf: output, encoding: .utf8).split(separator: "\n")
        return lines.first { $0.hasPrefix(queue) }?.split(separator: "\t").last.flatMap { Int($0) }
    }

    /// Not by `Process`: that waits for everything that the program has started, the broker included.
    private static func run(_ arguments: [String], output: URL? = nil) async throws {
        let status: Int32 = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: wait(for: [script] + arguments, output: output?.path ?? "/dev/null"))
            }
        }
        guard status == 0 else { throw NeverHappened(what: arguments.joined(separator: " ")) }
    }

    private static func wait(for arguments: [String], output: String) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
        // A thread of a pool blocks signals, and a server that inherits that never hears a SIGTERM.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var pid = pid_t()
        guard posix_spawn(&pid, arguments[0], &actions, &attributes, &pointers, environ) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status
    }
}

/// Starts a private broker for a suite and stops it after the last test.
struct WithPrivateBroker: SuiteTrait, TestScoping {
    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        let broker = try await PrivateBroker.start()
        do {
            try await PrivateBroker.$current.withValue(broker) { try await function() }
        } catch {
            try await broker.remove()
            throw error
        }
        try await broker.remove()
    }
}

extension Trait where Self == WithPrivateBroker {
    static var privateBroker: Self { Self() }
}
