import Foundation
import Support

/// The built executable, or another program, run as a child process.
struct CommandLineTool: Sendable {
    /// What is run.
    private var program = Self.executable
    /// The settings it is given, and no others.
    var variables: [String: String] = [:]

    /// The command line in a test environment: its database as the superuser, its broker as the administrator.
    init(_ environment: TestEnvironment, _ more: [String: String] = [:]) {
        variables = ["DATABASE_URL": environment.databaseURL, "AMQP_URL": environment.amqpURL, "USER": "tester"].merging(more) { _, given in given }
    }

    /// The command line without any settings but these.
    init(_ variables: [String: String] = [:]) { self.variables = variables }

    /// Another program, with all of our own settings.
    init(program: URL) {
        self.program = program
        variables = ProcessInfo.processInfo.environment
    }

    /// How a call ended.
    struct Outcome: Sendable {
        let status: Int32
        let output: String
        let errors: String

        /// The lines of both streams, to look something up in.
        var lines: [String] { (output + errors).split(separator: "\n").map(String.init) }

        /// What it said as JSON.
        func json<T: Decodable>(as type: T.Type) throws -> T {
            let decoder = JSONDecoder()
            decoder.dateDecodingStrategy = .iso8601
            return try decoder.decode(type, from: Data(output.utf8))
        }
    }

    /// Runs it to its end.
    func callAsFunction(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

    /// Runs it to its end.
    /// - Parameter file: Where its output goes instead of to the outcome.
    func run(_ arguments: [String], into file: String? = nil) async throws -> Outcome {
        let process = Process()
        process.executableURL = file == nil ? program : URL(filePath: "/bin/sh")
        process.arguments = file.map { ["-c", "exec \"$0\" \"$@\" >\($0)", program.path] + arguments } ?? arguments
        process.environment = variables
        let (output, errors) = (Pipe(), Pipe())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        async let said = Self.text(output)
        async let complained = Self.text(errors)
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                try? output.fileHandleForWriting.close()
                try? errors.fileHandleForWriting.close()
                continuation.resume(throwing: error)
            }
        }
        return Outcome(status: status, output: await said, errors: await complained)
    }

    /// Reading blocks, so each stream has a thread of its own.
    private static func text(_ pipe: Pipe) async -> String {
        await withCheckedContinuation { continuation in
            let handle = pipe.fileHandleForReading
            Thread.detachNewThread { continuation.resume(returning: String(decoding: handle.readDataToEndOfFile(), as: UTF8.self)) }
        }
    }

    /// In the folder of `BOXOFFICE_BUILD`, else in the package's debug build.
    static let executable: URL = {
        let root = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL
        let folder = ProcessInfo.processInfo.environment["BOXOFFICE_BUILD"].map { URL(filePath: $0) } ?? root.appending(path: ".build/debug")
        return folder.appending(path: "boxoffice")
    }()
}
