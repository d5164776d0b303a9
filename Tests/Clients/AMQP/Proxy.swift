import ClientSupport
import Glibc
import Synchronization
import Testing

/// A TCP relay on loopback that can fall silent, as a cable that was pulled would, or cut its connections.
///
/// Threads of its own do the work, since they block.
final class Proxy: Sendable {
    let port: Int
    private let listener: Int32
    private let target: Int
    private let silent = Atomic(false)
    private let accepted = Atomic(0)
    private let swallowed = Atomic(0)
    private let sockets = Mutex<[Int32]>([])

    /// Listens on `address` and relays to a port of 127.0.0.1.
    init(to target: Int, listeningOn address: String = "127.0.0.1") throws {
        self.target = target
        (listener, port) = try Self.listen(on: address)
        try startThread(named: "proxy", stack: 256 << 10) { [self] in accept() }
    }

    private static func listen(on address: String) throws -> (Int32, Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in(address, port: 0)
        try withUnsafeMutablePointer(to: &name) { name in
            try name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                var length = socklen_t(MemoryLayout<sockaddr_in>.size)
                guard bind(listener, name, length) == 0, Glibc.listen(listener, 16) == 0, getsockname(listener, name, &length) == 0 else {
                    throw NeverHappened(what: "listening on \(address)")
                }
            }
        }
        return (listener, Int(UInt16(bigEndian: name.sin_port)))
    }

    /// How many connections came so far.
    var connections: Int { accepted.load(ordering: .acquiring) }

    /// How many bytes were not passed on.
    var lostBytes: Int { swallowed.load(ordering: .acquiring) }

    /// Passes nothing on any more, in either direction, and keeps the connections open.
    func fallSilent() { silent.store(true, ordering: .releasing) }

    /// Passes on what comes from now on.
    func speakAgain() { silent.store(false, ordering: .releasing) }

    /// Ends all present connections.
    func cut() {
        sockets.withLock { sockets in
            for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
            sockets = []
        }
    }

    /// Ends everything.
    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        cut()
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_in("127.0.0.1", port: target)
            let status = withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
            guard status == 0 else {
                Glibc.close(client)
                Glibc.close(server)
                continue
            }
            accepted.wrappingAdd(1, ordering: .acquiringAndReleasing)
            sockets.withLock { $0 += [client, server] }
            for (source, destination) in [(client, server), (server, client)] {
                do {
                    try startThread(named: "relay", stack: 256 << 10) { [self] in relay(source, destination) }
                } catch {
                    Issue.record(error)
                }
            }
        }
        Glibc.close(listener)
    }

    private func relay(_ source: Int32, _ destination: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            if silent.load(ordering: .acquiring) {
                swallowed.wrappingAdd(count, ordering: .acquiringAndReleasing)
                continue
            }
            guard send(destination, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        // A pulled cable does not tell the other side that this one has hung up.
        if !silent.load(ordering: .acquiring) { shutdown(destination, Int32(SHUT_RDWR)) }
    }
}

extension sockaddr_in {
    fileprivate init(_ address: String, port: Int) {
        self.init()
        sin_family = sa_family_t(AF_INET)
        sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, address, &sin_addr)
    }
}
