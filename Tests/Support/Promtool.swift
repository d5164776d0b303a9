import Foundation

/// `promtool check metrics` (Debian's package prometheus).
public enum Promtool {
    private static let path = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Whether it is installed.
    public static var isInstalled: Bool { path != nil }

    /// What it finds in an exposition; empty when nothing is wrong.
    public static func findings(in exposition: String) throws -> String {
        guard let path else { return "promtool is not installed" }
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, output)
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(exposition.utf8))
        try input.fileHandleForWriting.close()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return said.isEmpty && process.terminationStatus != 0 ? "it ended with \(process.terminationStatus)" : said
    }
}
