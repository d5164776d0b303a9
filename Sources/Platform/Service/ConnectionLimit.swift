import Glibc
import NIOCore
import Synchronization

/// Limits the connections of a server: beyond the limit, the one that was idle for the longest is closed for the new
/// one.
///
/// So a probe is answered however many clients hold idle connections.
final class ConnectionLimit: Sendable {
    private struct Connection {
        let channel: any Channel
        var usedAt: ContinuousClock.Instant
        /// How many requests of it are being answered.
        var answering = 0
    }

    let most: Int
    private let open = Mutex<[ObjectIdentifier: Connection]>([:])

    /// Leaves more than half of the process's file descriptors to the connections of its own work.
    init() {
        var files = rlimit()
        let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0
        most = isKnown ? max(4, min(256, (Int(clamping: files.rlim_cur) - 32) / 2)) : 256
    }

    /// Counts a connection until it is closed.
    func opened(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let isOver = open.withLock { open in
            open[id] = Connection(channel: channel, usedAt: .now)
            return open.count > most
        }
        channel.closeFuture.whenComplete { [self] _ in _ = open.withLock { $0.removeValue(forKey: id) } }
        if isOver { closeOldest() }
    }

    /// Records that data arrived on a connection.
    func used(_ channel: any Channel) {
        open.withLock { $0[ObjectIdentifier(channel)]?.usedAt = .now }
    }

    /// Answers a request. Meanwhile its connection is not idle, however long the answer takes.
    func answering<T>(_ channel: any Channel, _ answer: () async -> T) async -> T {
        let id = ObjectIdentifier(channel)
        open.withLock { $0[id]?.answering += 1 }
        let result = await answer()
        open.withLock { $0[id]?.answering -= 1 }
        return result
    }

    /// Whether a request of this connection is being answered.
    func isAnswering(_ channel: any Channel) -> Bool { open.withLock { ($0[ObjectIdentifier(channel)]?.answering ?? 0) > 0 } }

    /// Closes the connection that was idle for the longest.
    func closeOldest() {
        let oldest = open.withLock { open in
            open.min { $0.value.usedAt < $1.value.usedAt }.flatMap { open.removeValue(forKey: $0.key) }
        }
        oldest?.channel.close(promise: nil)
    }
}
