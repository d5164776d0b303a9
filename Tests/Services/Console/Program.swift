import Foundation
import Testing

/// Programs that tests use: Python with Tests/requirements.txt, and what is installed beside it.
enum Program {
    struct Outcome: Sendable {
        let status: Int32
        let output: Data
        let errors: String

        var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// The repository.
    static var root: String { ProcessInfo.processInfo.environment["BOXOFFICE_ROOT"] ?? FileManager.default.currentDirectoryPath }

    /// Python.
    static func python() throws -> URL {
        URL(
            filePath: try #require(
                ProcessInfo.processInfo.environment["BOXOFFICE_PYTHON"],
                "BOXOFFICE_PYTHON must name a Python with Tests/requirements.txt; `make test` sets it"))
    }

    /// Runs one to its end.
    static func run(_ program: URL, _ arguments: [String], input: Data = Data()) async throws -> Outcome {
        let file = FileManager.default.temporaryDirectory.appending(path: "console-\(UUID().uuidString)")
        try input.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: file)
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        async let said = read(output)
        async let complained = read(errors)
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return Outcome(status: status, output: try await said, errors: String(decoding: try await complained, as: UTF8.self))
    }

    private static func read(_ pipe: Pipe) async throws -> Data {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try pipe.fileHandleForReading.readToEnd() ?? Data() }) }
        }
    }
}
