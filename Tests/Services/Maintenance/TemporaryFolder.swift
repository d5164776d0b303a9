import Foundation
import Glibc

/// A folder of one test, and one beside it that nothing may touch.
struct TemporaryFolder: Sendable {
    let path: String
    let outside: String

    /// Makes both, runs the body and removes them.
    static func with(_ body: (TemporaryFolder) async throws -> Void) async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "maintenance-\(UUID().uuidString)").path
        let folder = TemporaryFolder(path: "\(root)/inside", outside: "\(root)/outside")
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: folder.outside, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try await body(folder)
    }

    /// Writes a file, and the folders above it.
    @discardableResult
    func write(_ name: String, _ text: String = "x") throws -> String {
        let file = "\(path)/\(name)"
        let above = String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)])
        try FileManager.default.createDirectory(atPath: above, withIntermediateDirectories: true)
        // Not inherited by processes that other tests start meanwhile: they would have it open, and it would stay.
        let descriptor = open(file, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o644)
        defer { close(descriptor) }
        guard descriptor >= 0, Array(text.utf8).withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) == text.utf8.count else {
            throw CocoaError(.fileWriteUnknown)
        }
        return file
    }

    /// Everything below the folder.
    var content: Set<String> { Set(FileManager.default.subpaths(atPath: path) ?? []) }
}
