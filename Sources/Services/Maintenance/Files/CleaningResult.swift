import Platform

/// What a ``FileCleaner`` did or, in a dry run, would do.
struct CleaningResult: Sendable {
    /// Files of one kind: how many, and the first by name.
    struct Files: Sendable {
        var count = 0
        var first: [String] = []
        private static let kept = 100

        mutating func add(_ walk: FolderWalk, _ entry: FileEntry) { add { walk.path(entry) } }

        mutating func add(_ path: () -> [UInt8]) {
            count += 1
            if first.count < Self.kept { first.append(path().forPeople) }
        }

        mutating func add(_ names: [String]) {
            count += names.count
            first += names.prefix(max(0, Self.kept - first.count))
        }

        mutating func add(_ others: Files) {
            count += others.count
            first += others.first.prefix(max(0, Self.kept - first.count))
        }
    }

    var removed = Files()
    var folders = Files()
    /// Left alone: another process has them open or locked.
    var inUse = Files()
    /// Left alone: they are not the folder's owner's.
    var foreign = Files()
    /// Left alone: they are dated in the future.
    var future = Files()
    var problems = FileProblems()
    /// The sum of what the removed files took on the disk.
    var bytes = 0
    /// The difference of free space after and before, which others change too.
    var freed = 0
    /// Whether everything was looked at.
    var isFinished = true

    /// Adds what became of a file.
    /// - Parameters:
    ///   - path: Makes its path below the folder; called for the first ones only.
    mutating func add(_ removal: FileRemoval, path: () -> [UInt8]) {
        switch removal {
        case .removed(let bytes):
            self.bytes += bytes
            removed.add(path)
        case .inUse: inUse.add(path)
        case .changed: return
        case .refused(let code): problems.add(path: path(), code: code)
        }
    }

    /// Adds what another thread did.
    mutating func add(_ other: CleaningResult) {
        removed.add(other.removed)
        folders.add(other.folders)
        inUse.add(other.inUse)
        foreign.add(other.foreign)
        future.add(other.future)
        problems = problems.adding(other.problems)
        bytes += other.bytes
        isFinished = isFinished && other.isFinished
    }

    /// Notes it on the run. What was left alone is noted by the slice that looked at everything, and so once.
    func note(on tx: Transaction, isDryRun: Bool) {
        tx.note(isDryRun ? "would be removed" : "removed", count: removed.count, first: removed.first)
        tx.note("empty folders removed", count: folders.count, first: folders.first)
        if !isDryRun, removed.count > 0 {
            tx.note("disk", "files of \(bytes.asBytes) removed, \(freed.asBytes) more free than before")
        }
        guard isFinished else { return }
        tx.note("left alone: in use", count: inUse.count, first: inUse.first)
        tx.note("left alone: of another owner", count: foreign.count, first: foreign.first)
        tx.note("left alone: dated in the future", count: future.count, first: future.first)
        problems.record(on: tx)
    }
}
