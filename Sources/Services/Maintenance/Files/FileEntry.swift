import FoundationEssentials
import Glibc

/// A name in a folder, and what was there when it was looked at.
struct FileEntry: Sendable {
    /// Its bytes, which need not be UTF-8, and a zero.
    let name: [CChar]
    let status: stat

    /// Looks at an entry of an open folder.
    /// - Returns: nil for the folder itself, the one above, and what is gone already.
    init?(_ entry: UnsafeMutablePointer<dirent>, in folder: Int32) {
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return nil }
        let text = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
        let length = strlen(text)
        let dot = CChar(UInt8(ascii: "."))
        if text[0] == dot, length == 1 || (length == 2 && text[1] == dot) { return nil }
        var status = stat()
        guard fstatat(folder, text, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        name = Array(UnsafeBufferPointer(start: text, count: length + 1))
        self.status = status
    }

    /// Whether it is a folder.
    var isFolder: Bool { status.st_mode & S_IFMT == S_IFDIR }
    /// Whether it is a regular file.
    var isRegular: Bool { status.st_mode & S_IFMT == S_IFREG }
    /// Whether it is a symbolic link.
    var isLink: Bool { status.st_mode & S_IFMT == S_IFLNK }
    /// What it takes on the disk, in bytes; holes take nothing.
    var bytes: Int { Int(status.st_blocks) * 512 }

    /// When it was last changed: the later of the times of its content and of its entry. An unpacked file has an old
    /// time of its content, and is new.
    var changed: Date {
        func seconds(_ time: timespec) -> TimeInterval { TimeInterval(time.tv_sec) + TimeInterval(time.tv_nsec) / 1e9 }
        return Date(timeIntervalSince1970: max(seconds(status.st_mtim), seconds(status.st_ctim)))
    }

    /// Whether this is the file that was looked at, unchanged.
    func isSame(_ other: stat) -> Bool { other.st_ino == status.st_ino && other.st_dev == status.st_dev && other.st_mode == status.st_mode }

    /// Whether its name ends so.
    func hasSuffix(_ suffix: String) -> Bool {
        let ending = suffix.utf8.map { CChar(bitPattern: $0) } + [0]
        return name.count > ending.count && name.suffix(ending.count).elementsEqual(ending)
    }
}
