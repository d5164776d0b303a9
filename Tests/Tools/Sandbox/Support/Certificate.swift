import Foundation

/// A certificate for localhost, made for one test and thrown away after it.
struct Certificate: Sendable {
    let folder: String
    var certificateFile: String { folder + "/certificate.pem" }
    var keyFile: String { folder + "/key.pem" }

    /// Makes one with the `openssl` command.
    static func use(_ test: @Sendable (Certificate) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sandbox-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let certificate = Certificate(folder: folder.path)
        let status = try await run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", certificate.keyFile, "-out", certificate.certificateFile,
        ])
        guard status == 0 else { throw OpenSSLFailed(status: status) }
        try await test(certificate)
    }

    /// `openssl` ended with an error.
    struct OpenSSLFailed: Error {
        let status: Int32
    }

    /// Runs a command, in silence; its exit code.
    static func run(_ command: [String]) async throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
