import FoundationEssentials
import Glibc
import Synchronization

/// Walks through the folder of documents in batches, so that rows can be looked up in between. Its calls block.
final class DocumentWalk: Sendable {
    /// A file that is old enough to be an orphan.
    struct Document: Sendable {
        let path: [UInt8]
        let entry: FileEntry
        /// Its path as text; nil when it is not UTF-8, and so in no row.
        var text: String? { String(validating: path, as: UTF8.self) }
    }

    /// Some steps of the walk.
    struct Batch: Sendable {
        var documents: [Document] = []
        /// Files in these steps, of any age.
        var files = 0
        var isLast = false
        var problems = FileProblems()
        var foreign = CleaningResult.Files()
    }

    private let walk: Mutex<FolderWalk>
    private let root: String
    private let before: Date

    /// Opens the folder.
    /// - Throws: ``FolderError``.
    init(_ root: String, before: Date) throws(FolderError) {
        walk = Mutex(try FolderWalk(root))
        self.root = root
        self.before = before
    }

    /// The next documents that were last changed before the limit, at most so many.
    func next(_ limit: Int) -> Batch {
        walk.withLock { walk in
            var batch = Batch()
            while batch.documents.count < limit {
                guard let step = walk.next() else {
                    batch.isLast = true
                    batch.problems = walk.problems
                    break
                }
                guard case .file(let entry) = step, entry.isRegular else { continue }
                batch.files += 1
                guard entry.changed < before else { continue }
                if entry.status.st_uid == walk.owner {
                    batch.documents.append(Document(path: walk.path(entry), entry: entry))
                } else {
                    batch.foreign.add(walk, entry)
                }
            }
            return batch
        }
    }

    /// Removes a document that a batch contained. Each folder of its path is opened by its name, no link is followed.
    func remove(_ document: Document) -> FileRemoval {
        var folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        for name in document.path.split(separator: UInt8(ascii: "/")).dropLast() {
            guard folder >= 0 else { return .changed }
            let next = openat(folder, name.map { CChar(bitPattern: $0) } + [0], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            close(folder)
            folder = next
        }
        guard folder >= 0 else { return .changed }
        defer { close(folder) }
        return FileRemoval.remove(document.entry, in: folder)
    }
}
