import Glibc

/// What became of a file that was to be removed.
enum FileRemoval: Equatable {
    /// It is gone; so many bytes were freed, none when it has another name (a hard link).
    case removed(bytes: Int)
    /// Another process has it open or locked.
    case inUse
    /// It is another file by now, or gone.
    case changed
    /// The system refuses it.
    case refused(Int32)

    /// Removes a file or a link by its name in an open folder.
    ///
    /// A regular file is opened. A write lease is granted only while nobody else has the file open; where the file system
    /// knows no leases, a lock has to do. Right before the name is removed, it must still be the name of the file that was
    /// looked at, and the time of its entry that of then: so it was that file that was opened, because a name that is
    /// exchanged and exchanged back changes this time.
    /// - Parameter beforeRemoval: Called in between, by tests.
    static func remove(_ entry: FileEntry, in folder: Int32, beforeRemoval: (() -> Void)? = nil) -> FileRemoval {
        guard entry.isRegular else {
            beforeRemoval?()
            guard isUnchanged(entry, in: folder) else { return .changed }
            return unlinkat(folder, entry.name, 0) == 0 ? .removed(bytes: 0) : refusal(errno)
        }
        let file = openat(folder, entry.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return refusal(errno) }
        defer { close(file) }
        guard isFree(file) else { return .inUse }
        beforeRemoval?()
        guard isUnchanged(entry, in: folder) else { return .changed }
        guard unlinkat(folder, entry.name, 0) == 0 else { return refusal(errno) }
        return .removed(bytes: entry.status.st_nlink == 1 ? entry.bytes : 0)
    }

    /// Removes an empty folder; one that is not empty stays, which is no error.
    /// - Returns: whether it is gone.
    static func removeFolder(_ entry: FileEntry, in folder: Int32) -> Bool {
        isUnchanged(entry, in: folder) && unlinkat(folder, entry.name, AT_REMOVEDIR) == 0
    }

    /// `F_SETLEASE` of `<fcntl.h>`, which is a GNU extension.
    private static let setLease: Int32 = 1024

    private static func isFree(_ file: Int32) -> Bool {
        if fcntl(file, setLease, Int32(F_WRLCK)) == 0 { return true }
        if errno == EAGAIN { return false }
        return flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
    }

    private static func isUnchanged(_ entry: FileEntry, in folder: Int32) -> Bool {
        var now = stat()
        return fstatat(folder, entry.name, &now, AT_SYMLINK_NOFOLLOW) == 0 && entry.isSame(now) && isUntouched(entry, now)
    }

    private static func isUntouched(_ entry: FileEntry, _ now: stat) -> Bool {
        entry.isFolder || (now.st_ctim.tv_sec == entry.status.st_ctim.tv_sec && now.st_ctim.tv_nsec == entry.status.st_ctim.tv_nsec)
    }

    private static func refusal(_ code: Int32) -> FileRemoval { code == ENOENT || code == ELOOP ? .changed : .refused(code) }
}
