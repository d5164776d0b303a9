import Foundation
import Glibc
import Testing

@testable import Maintenance

/// setfsuid(2): whose rights this thread has to files. Linux takes the rights of root away with it, and gives them back.
@_silgen_name("setfsuid") private func setfsuid(_ user: uid_t) -> Int32

@Suite("Old files are removed, and nothing else")
struct FileCleanerTests {
    /// A cleaner for which everything that a test makes is old.
    private func cleaner(_ folder: TemporaryFolder) -> FileCleaner {
        let later = Date() + 3600
        return FileCleaner(path: folder.path, before: later, now: later)
    }

    @Test("A link is removed and not followed, whatever it leads to; strange names are names")
    func links() async throws {
        try await TemporaryFolder.with { folder in
            try Data("kept".utf8).write(to: URL(filePath: "\(folder.outside)/kept"))
            for (name, target) in [("etc", "/etc"), ("out", folder.outside), ("file", "\(folder.outside)/kept"), ("loop", "loop"), ("up", "..")] {
                try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/\(name)", withDestinationPath: target)
            }
            let strange = ["new\nline", "'\"$(rm -rf *)", " ", "-rf", "a/…/b"]
            for name in strange { try folder.write(name) }
            let result = try cleaner(folder).clean()
            #expect(folder.content.isEmpty)
            #expect(result.removed.count == 5 + strange.count)
            #expect(result.folders.count == 2)
            #expect(result.problems.count == 0)
            #expect(result.removed.first.contains("new\\u{a}line"))
            #expect(FileManager.default.fileExists(atPath: "\(folder.outside)/kept"))
            #expect(FileManager.default.fileExists(atPath: "/etc/passwd"))
        }
    }

    @Test("A file that was unpacked a moment ago with an old date is young, and one from the future is told")
    func dates() async throws {
        try await TemporaryFolder.with { folder in
            for (name, year) in [("archive", -20.0), ("future", 70.0)] {
                let date = Date(timeIntervalSinceNow: year * 365 * 86_400)
                try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: try folder.write(name))
            }
            let young = try FileCleaner(path: folder.path, before: Date() - 3600, now: Date()).clean()
            #expect(young.removed.count == 0)
            #expect(young.future.first == ["future"])
            #expect(try cleaner(folder).clean().removed.first == ["archive"])
            #expect(folder.content == ["future"])
        }
    }

    @Test("A file that is open elsewhere and a folder that is locked are left alone")
    func inUse() async throws {
        try await TemporaryFolder.with { folder in
            let held = open(try folder.write("held.log"), O_WRONLY | O_APPEND)
            try folder.write("locked/file")
            let lock = open("\(folder.path)/locked", O_RDONLY | O_DIRECTORY)
            #expect(flock(lock, LOCK_SH) == 0)
            let result = try cleaner(folder).clean()
            #expect(result.removed.count == 0)
            #expect(result.inUse.first == ["held.log"])
            #expect(result.problems.first.map(\.path) == ["locked"])
            close(held)
            close(lock)
            #expect(try cleaner(folder).clean().removed.count == 2)
            #expect(folder.content.isEmpty)
        }
    }

    @Test("A file that is replaced between the look and its removal stays")
    func replaced() async throws {
        try await TemporaryFolder.with { folder in
            try folder.write("a", "old")
            let walk = try FolderWalk(folder.path)
            guard case .file(let entry) = walk.next() else {
                Issue.record("there is a file")
                return
            }
            let outcome = FileRemoval.remove(entry, in: walk.folder) {
                try? FileManager.default.removeItem(atPath: "\(folder.path)/a")
                try? Data("new".utf8).write(to: URL(filePath: "\(folder.path)/a"))
            }
            #expect(outcome == .changed)
            #expect(try String(contentsOfFile: "\(folder.path)/a", encoding: .utf8) == "new")
        }
    }

    @Test("A folder that is swapped for a link again and again leads nowhere")
    func swapped() async throws {
        try await TemporaryFolder.with { folder in
            let kept = (0..<50).map { "\(folder.outside)/\($0)" }
            for file in kept { try Data().write(to: URL(filePath: file)) }
            let cleaner = cleaner(folder)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await onFileThread {
                        for _ in 1...300 {
                            mkdir("\(folder.path)/a", 0o755)
                            close(open("\(folder.path)/a/file", O_CREAT | O_WRONLY, 0o644))
                            rename("\(folder.path)/a", "\(folder.path)/b")
                            symlink(folder.outside, "\(folder.path)/a")
                            unlink("\(folder.path)/a")
                            rename("\(folder.path)/b", "\(folder.path)/a")
                        }
                    }
                }
                group.addTask {
                    try await onFileThread { for _ in 1...300 { _ = try cleaner.clean() } }
                }
                try await group.waitForAll()
            }
            #expect(kept.allSatisfy { FileManager.default.fileExists(atPath: $0) })
        }
    }

    @Test("What cannot be entered is told, and the rest is done")
    func depth() async throws {
        try await TemporaryFolder.with { folder in
            try folder.write("file")
            try folder.write(Array(repeating: "d", count: 250).joined(separator: "/") + "/deep")
            let result = try cleaner(folder).clean()
            #expect(result.removed.first == ["file"])
            #expect(result.problems.count == 1)
            #expect(result.problems.first.first?.reason.contains("deeper") == true)
        }
        #expect(throws: FolderError.self) { try FileCleaner(path: "/there/is/none", before: Date(), now: Date()).clean() }
    }

    @Test("A folder that cannot be read is told, the rest is done, and no rights are taken", .enabled(if: geteuid() == 0))
    func unreadable() async throws {
        try await TemporaryFolder.with { folder in
            try folder.write("a/file")
            try folder.write("locked/kept")
            try folder.write("z")
            let owner: uid_t = 12_345
            for name in ["", "a", "a/file", "locked", "locked/kept", "z"] { #expect(chown("\(folder.path)/\(name)", owner, owner) == 0) }
            #expect(chmod("\(folder.path)/locked", 0) == 0)
            let cleaner = cleaner(folder)
            let result = try await onFileThread {
                _ = setfsuid(owner)
                defer { _ = setfsuid(0) }
                return try cleaner.clean()
            }
            #expect(result.problems.first.map(\.path) == ["locked"])
            #expect(result.problems.first.first?.reason.contains("Permission denied") == true)
            #expect(Set(result.removed.first) == ["a/file", "z"])
            #expect(folder.content == ["locked", "locked/kept"])
        }
    }

    @Test("What belongs to another owner than the folder is left alone", .enabled(if: geteuid() == 0))
    func owner() async throws {
        try await TemporaryFolder.with { folder in
            let file = try folder.write("theirs")
            #expect(chown(file, 12_345, 12_345) == 0)
            let result = try cleaner(folder).clean()
            #expect(result.foreign.first == ["theirs"])
            #expect(folder.content == ["theirs"])
        }
    }

    @Test("A dry run lists and removes nothing; a slice that is over goes on with what is left")
    func slices() async throws {
        try await TemporaryFolder.with { folder in
            for number in 0..<300 { try folder.write("d\(number % 7)/\(number)") }
            var dry = cleaner(folder)
            dry.isDryRun = true
            #expect(try dry.clean().removed.count == 300)
            #expect(folder.content.count == 307)
            var first = cleaner(folder)
            first.deadline = .now
            let part = try first.clean()
            #expect(!part.isFinished)
            let rest = try cleaner(folder).clean()
            #expect(part.removed.count + rest.removed.count == 300)
            #expect(rest.isFinished)
        }
    }

    @Test("Threads that share a folder remove every file once, follow no link and leave what is in use")
    func threads() async throws {
        try await TemporaryFolder.with { folder in
            for number in 0..<300 { try folder.write("d\(number % 17)/e\(number % 3)/\(number)") }
            for number in 0..<40 { try folder.write("top-\(number)") }
            try Data().write(to: URL(filePath: "\(folder.outside)/kept"))
            try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/out", withDestinationPath: folder.outside)
            let held = open(try folder.write("d1/held"), O_WRONLY | O_CLOEXEC)
            defer { close(held) }
            let result = try await cleaner(folder).cleanByThreads()
            #expect(result.removed.count == 341)
            #expect(result.inUse.first == ["d1/held"])
            #expect(result.folders.count == 17 + 51 - 1)
            #expect(result.isFinished)
            #expect(folder.content == ["d1", "d1/held"])
            #expect(FileManager.default.fileExists(atPath: "\(folder.outside)/kept"))
        }
    }

    @Test("Only names with the ending are logs; a second name of a file frees nothing")
    func suffix() async throws {
        try await TemporaryFolder.with { folder in
            for name in ["a.log", "b.log.txt", "log", ".log", "sub/c.log"] { try folder.write(name) }
            link("\(folder.path)/a.log", "\(folder.outside)/second")
            var logs = cleaner(folder)
            logs.suffix = ".log"
            logs.removesFolders = false
            let result = try logs.clean()
            #expect(Set(result.removed.first) == ["a.log", "sub/c.log"])
            #expect(folder.content == ["b.log.txt", "log", ".log", "sub"])
            #expect(result.bytes == 4096)
        }
    }
}
