import Glibc
import Platform

/// The space of the file system that a folder is on.
struct DiskSpace: Sendable, Equatable, CustomStringConvertible {
    /// Bytes that are free for this service.
    let free: Int
    /// Bytes of the whole file system, without those that are reserved for root.
    let total: Int
    /// The file system.
    let device: UInt64
    /// Of 100, how many are free.
    var percentFree: Double { total == 0 ? 0 : 100 * Double(free) / Double(total) }

    /// `4.1 % free, 8.2 GB of 200 GB`.
    var description: String { "\((percentFree * 10).rounded() / 10) % free, \(free.asBytes) of \(total.asBytes)" }

    /// Asks the system, which may block; nil when it does not know the folder.
    init?(_ path: String) {
        var space = statvfs()
        var status = stat()
        guard statvfs(path, &space) == 0, stat(path, &status) == 0 else { return nil }
        let unit = Int(space.f_frsize)
        free = Int(space.f_bavail) * unit
        total = (Int(space.f_blocks) - Int(space.f_bfree) + Int(space.f_bavail)) * unit
        device = UInt64(status.st_dev)
    }
}
