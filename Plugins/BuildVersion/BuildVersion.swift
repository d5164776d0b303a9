import Foundation
import PackagePlugin

/// Writes the version of the build into the module of the same name, whenever the commit or a source has changed.
@main
struct BuildVersion: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let root = context.package.directoryURL
        let script = root.appending(path: "Plugins/BuildVersion/version")
        let output = context.pluginWorkDirectoryURL.appending(path: "Version.swift")
        return [
            .buildCommand(
                displayName: "Asking for the version", executable: script, arguments: ["--swift", output.path],
                inputFiles: [script, root.appending(path: "Package.swift")] + Self.commit(in: root) + Self.sources(in: root),
                outputFiles: [output])
        ]
    }

    /// Files that change with each commit, checkout and `git add`.
    private static func commit(in root: URL) -> [URL] {
        [".git/HEAD", ".git/logs/HEAD", ".git/index"].map { root.appending(path: $0) }.filter { FileManager.default.fileExists(atPath: $0.path) }
    }

    private static func sources(in root: URL) -> [URL] {
        ["Sources", "Plugins", "Contracts"].flatMap { folder in
            let files = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: [.isRegularFileKey])
            return (files?.allObjects as? [URL] ?? []).filter { (try? $0.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true }
        }
    }
}
