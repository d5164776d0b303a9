import Foundation

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
        try Data(text.utf8).write(to: URL(filePath: file))
        return file
    }

    /// Everything below the folder.
    var content: Set<String> { Set(FileManager.default.subpaths(atPath: path) ?? []) }
}
