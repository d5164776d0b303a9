import Foundation
import PackagePlugin

/// Compiles text files (SQL, templates, translations) into the executable, so that a service is one file to deploy.
///
/// A target that uses this plugin lists what it embeds in `embed.list`: one pattern a line, relative to the target's folder,
/// `*` standing for any part of one path component. The generated `Embedded.files` maps each file's path to its text. Of what a line that
/// begins with `names ` finds only the paths are embedded, as `Embedded.names`.
@main
struct EmbedFiles: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let list = target.directoryURL.appending(path: "embed.list")
        let patterns = try String(contentsOf: list, encoding: .utf8).split(separator: "\n").map(String.init)
        let (named, whole) = (patterns.filter { $0.hasPrefix(Self.namesOnly) }, patterns.filter { !$0.hasPrefix(Self.namesOnly) })
        let files = try whole.flatMap { try Self.expand($0[...], in: target.directoryURL) }
        let names = try named.flatMap { try Self.expand($0.dropFirst(Self.namesOnly.count), in: target.directoryURL) }
        let output = context.pluginWorkDirectoryURL.appending(path: "Embedded.swift")
        return [
            .buildCommand(
                displayName: "Embedding \(files.count) files into \(target.name)",
                executable: try context.tool(named: "embed-files").url,
                arguments: [output.path] + files.map(\.path) + ["--names"] + names.map(\.path),
                inputFiles: [list] + files,
                outputFiles: [output])
        ]
    }

    private static let namesOnly = "names "

    private static func expand(_ pattern: Substring, in folder: URL) throws -> [URL] {
        let parts = pattern.split(separator: "/", maxSplits: 1)
        guard let first = parts.first else { return [] }
        let matches: [URL]
        if first.contains("*") {
            matches = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
                .filter { Self.matches($0[...], first) }
                .map { folder.appending(path: $0) }
        } else {
            matches = [folder.appending(path: String(first)).standardizedFileURL]
        }
        let existing = matches.filter { FileManager.default.fileExists(atPath: $0.path) }
        return parts.count == 1 ? existing : try existing.flatMap { try expand(parts[1], in: $0) }
    }

    private static func matches(_ name: Substring, _ pattern: Substring) -> Bool {
        guard let star = pattern.firstIndex(of: "*") else { return name == pattern }
        guard name.hasPrefix(pattern[..<star]) else { return false }
        let rest = pattern[pattern.index(after: star)...]
        var tail = name.dropFirst(pattern.distance(from: pattern.startIndex, to: star))
        while true {
            if matches(tail, rest) { return true }
            guard !tail.isEmpty else { return false }
            tail = tail.dropFirst()
        }
    }
}
