import FoundationEssentials
import Glibc

/// Removes old files below a folder. Its calls block.
///
/// A file is old when it was last changed, in content or in entry, before the limit. Left alone are: what has another
/// owner than the folder, what another process has open or locked, what is dated in the future, devices and sockets.
struct FileCleaner: Sendable {
    /// The folder.
    let path: String
    /// Files that were changed later stay.
    let before: Date
    /// The time of day.
    let now: Date
    /// The ending of names that are looked at; nil for all.
    var suffix: String?
    /// Whether old folders that are empty are removed, too.
    var removesFolders = true
    /// Whether nothing is removed.
    var isDryRun = false
    /// When to stop, if something was removed by then.
    var deadline: ContinuousClock.Instant?

    /// How far a file may be dated ahead of this machine's clock.
    private static let clockError: TimeInterval = 60

    /// How many threads walk at once: what a file costs is its removal by the kernel, folder by folder.
    private static let threads: UInt64 = 2

    /// Walks through the folder once, or until the deadline, by several threads of which each takes some of the names
    /// right in it.
    /// - Throws: ``FolderError``.
    func cleanByThreads() async throws -> CleaningResult {
        let freeBefore = try await onFileThread { [path] in DiskSpace(path) }
        var result = try await withThrowingTaskGroup(of: CleaningResult.self) { group in
            for index in 0..<Self.threads {
                group.addTask { try await onFileThread { try clean(.init(index: index, count: Self.threads)) } }
            }
            return try await group.reduce(into: CleaningResult()) { $0.add($1) }
        }
        if let freeBefore, let freeAfter = try await onFileThread({ [path] in DiskSpace(path) }) { result.freed = freeAfter.free - freeBefore.free }
        return result
    }

    /// Walks through the folder once, or until the deadline, on this thread.
    /// - Throws: ``FolderError``.
    func clean(_ share: FolderWalk.Share = .all) throws(FolderError) -> CleaningResult {
        let walk = try FolderWalk(path, share: share)
        var result = CleaningResult()
        while let step = walk.next() {
            switch step {
            case .file(let entry): look(at: entry, in: walk, &result)
            case .left(let entry) where removesFolders && entry.changed < before && entry.status.st_uid == walk.owner:
                if isDryRun { continue }
                if FileRemoval.removeFolder(entry, in: walk.folder) { result.folders.add(walk, entry) }
            case .left: continue
            }
            if let deadline, result.removed.count > 0, ContinuousClock.now >= deadline {
                result.isFinished = false
                break
            }
        }
        result.problems = result.problems.adding(walk.problems)
        return result
    }

    private func look(at entry: FileEntry, in walk: FolderWalk, _ result: inout CleaningResult) {
        if let suffix, !entry.hasSuffix(suffix) || !entry.isRegular { return }
        let changed = entry.changed
        guard changed < before else {
            if changed > now + Self.clockError { result.future.add(walk, entry) }
            return
        }
        guard entry.isRegular || entry.isLink else { return }
        guard entry.status.st_uid == walk.owner else { return result.foreign.add(walk, entry) }
        if isDryRun {
            result.bytes += entry.status.st_nlink == 1 ? entry.bytes : 0
            return result.removed.add(walk, entry)
        }
        result.add(FileRemoval.remove(entry, in: walk.folder)) { walk.path(entry) }
    }
}
