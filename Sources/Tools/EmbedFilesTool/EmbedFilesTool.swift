import Foundation

/// Writes a Swift file that contains the texts of other files: `embed-files OUTPUT INPUT… --names PATH…`. Called by the
/// build plugin `EmbedFiles`.
@main
struct EmbedFilesTool {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let output = arguments.first else { throw Usage() }
        let parts = arguments.dropFirst().split(separator: "--names", maxSplits: 1, omittingEmptySubsequences: false)
        let entries = try (parts.first ?? []).sorted().map { path in
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "            \($0)" }
            return
                "        (\n            \"\(Self.name(of: path))\",\n            ###\"\"\"\n\(lines.joined(separator: "\n"))\n            \"\"\"###\n        )"
        }
        let source = """
            /// Texts compiled into this module, by their path below the folder of sources.
            enum Embedded {
                static let files: [(path: String, text: String)] = [
            \(entries.joined(separator: ",\n"))
                ]

                static let names: [String] = [
            \((parts.count > 1 ? parts[1] : []).sorted().map { "        \"\(name(of: $0))\"" }.joined(separator: ",\n"))
                ]
            }

            """
        // An unchanged file is not written: everything that depends on it would be compiled again.
        guard (try? String(contentsOfFile: output, encoding: .utf8)) != source else { return }
        try source.write(toFile: output, atomically: true, encoding: .utf8)
    }

    private struct Usage: Error, CustomStringConvertible {
        let description = "usage: embed-files OUTPUT INPUT… --names PATH…"
    }

    /// The path below `Sources/`, or the last two components when there is no such folder.
    private static func name(of path: String) -> String {
        if let range = path.range(of: "/Sources/", options: .backwards) { return String(path[range.upperBound...]) }
        return path.split(separator: "/").suffix(2).joined(separator: "/")
    }
}
