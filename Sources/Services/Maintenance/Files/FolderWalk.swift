import Glibc

/// Walks through everything below a folder, depth first: folders before and after what they contain, no link followed,
/// one file system. Its calls block, so it belongs on a thread of its own (``onFileThread(_:)``).
///
/// It keeps one open folder for each level, so its memory depends on the depth alone. Each folder is opened by its name
/// in the folder above (`openat` with `O_NOFOLLOW`) and compared with what was looked at: a folder that is swapped for
/// a link meanwhile is not entered.
final class FolderWalk {
    /// What the walk comes to.
    enum Step {
        /// A file, a link, or something else that is no folder.
        case file(FileEntry)
        /// A folder, after everything in it.
        case left(FileEntry)
    }

    private struct Level {
        let stream: OpaquePointer
        let entry: FileEntry?
        var name: [CChar] { entry?.name ?? [] }
    }

    /// Deeper folders are reported and not entered: each level is an open file.
    private static let deepest = 200

    private var levels: [Level] = []
    private let share: Share
    private let device: dev_t
    /// The owner of the folder: what others own is left alone.
    let owner: uid_t
    /// Folders that could not be entered, and why.
    private(set) var problems = FileProblems()

    /// Which of the names right in the folder a walk takes, when several walk through it at once: by a hash of the name, so
    /// each is taken by one of them and nothing has to be remembered.
    struct Share: Sendable {
        let index: UInt64
        let count: UInt64

        static let all = Share(index: 0, count: 1)

        /// FNV-1a of the name.
        fileprivate func takes(_ name: [CChar]) -> Bool {
            guard count > 1 else { return true }
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for byte in name { hash = (hash ^ UInt64(UInt8(bitPattern: byte))) &* 0x100_0000_01b3 }
            return (hash >> 32) % count == index
        }
    }

    /// Opens the folder.
    /// - Throws: ``FolderError``.
    init(_ path: String, share: Share = .all) throws(FolderError) {
        self.share = share
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FolderError(path: path, code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, let stream = fdopendir(descriptor) else {
            let code = errno
            close(descriptor)
            throw FolderError(path: path, code: code)
        }
        device = status.st_dev
        owner = status.st_uid
        levels = [Level(stream: stream, entry: nil)]
    }

    deinit { for level in levels { closedir(level.stream) } }

    /// The open folder that contains what ``next()`` returned last.
    var folder: Int32 { levels.last.map { dirfd($0.stream) } ?? -1 }

    /// The path of a name in ``folder``, below the folder of the walk.
    func path(_ entry: FileEntry) -> [UInt8] {
        var path: [UInt8] = []
        for name in levels.dropFirst().map(\.name) + [entry.name] {
            if !path.isEmpty { path.append(UInt8(ascii: "/")) }
            path += name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        }
        return path
    }

    /// The next step; nil at the end.
    func next() -> Step? {
        while let level = levels.last {
            errno = 0
            guard let found = readdir(level.stream) else {
                if errno != 0, let entry = level.entry { problems.add(path: path(entry), code: errno) }
                closedir(level.stream)
                levels.removeLast()
                if let entry = level.entry, !levels.isEmpty { return .left(entry) }
                continue
            }
            guard let entry = FileEntry(found, in: dirfd(level.stream)), levels.count > 1 || share.takes(entry.name) else { continue }
            guard entry.isFolder else { return .file(entry) }
            enter(entry, in: dirfd(level.stream))
        }
        return nil
    }

    private func enter(_ entry: FileEntry, in folder: Int32) {
        guard entry.status.st_dev == device else { return problems.add(path: path(entry), "another file system is mounted there") }
        guard levels.count < Self.deepest else { return problems.add(path: path(entry), "deeper than \(Self.deepest) folders") }
        let descriptor = openat(folder, entry.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            // Gone, or a link by now.
            if ![ENOENT, ENOTDIR, ELOOP].contains(errno) { problems.add(path: path(entry), code: errno) }
            return
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, entry.isSame(status) else {
            close(descriptor)
            return
        }
        // Whoever works in a folder may lock it (flock), as with systemd-tmpfiles.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
            close(descriptor)
            return problems.add(path: path(entry), "locked by another process")
        }
        guard let stream = fdopendir(descriptor) else {
            let code = errno
            close(descriptor)
            return problems.add(path: path(entry), code: code)
        }
        levels.append(Level(stream: stream, entry: entry))
    }
}
