import Foundation
import Glibc
import Testing

/// A PostgreSQL server for one test alone, which may stop it, kill it and start it again: `Deploy/local/postgres`.
struct PrivateServer: Sendable {
    let folder: String
    private static let script = String(#filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }) + "/Deploy/local/postgres"

    static var isAvailable: Bool { FileManager.default.isExecutableFile(atPath: script) }

    /// Starts one, and stops and removes it after the body.
    static func run(_ body: (PrivateServer) async throws -> Void) async throws {
        let server = PrivateServer(folder: NSTemporaryDirectory() + "postgres-test-" + UUID().uuidString)
        try await server.tell("start")
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(server))
        } catch {
            outcome = .failure(error)
        }
        try await server.tell("stop")
        try FileManager.default.removeItem(atPath: server.folder)
        try outcome.get()
    }

    /// `start`, `stop` or `kill`.
    ///
    /// Not with Foundation's Process: it takes a child for alive as long as the server that the child leaves behind.
    func tell(_ verb: String) async throws {
        let status: Int32 = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Self.run([Self.script, verb, folder])) }
        }
        try #require(status == 0, "\(verb) of a private PostgreSQL failed")
    }

    private static func run(_ command: [String]) -> Int32 {
        let arguments = command.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var process = pid_t()
        guard posix_spawn(&process, command[0], nil, nil, arguments, environ) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }

    /// Its address, as the superuser.
    var url: String {
        get throws { try setting("POSTGRES_URL") }
    }

    /// A setting of the server's `env` file.
    func setting(_ name: String) throws -> String {
        let text = try String(contentsOfFile: folder + "/env", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + "=") }
        return String(try #require(line).dropFirst(name.count + 1))
    }
}
