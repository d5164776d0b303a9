import ClientSupport
import Glibc
import Synchronization
import Testing

/// A TCP relay in front of the server. It counts flights (how often the client sent something after it had heard from the server: the round
/// trips it waited for) and can cut every connection.
final class RelayServer: Sendable {
    private struct State {
        var flights = 0
        var pairs: [(Int32, Int32)] = []
    }

    let port: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    var flights: Int { state.withLock(\.flights) }

    /// One that takes connections and never says a word.
    static func silent() throws -> RelayServer {
        try RelayServer(to: nil)
    }

    /// One that passes everything on to a port of this machine.
    init(to target: UInt16?) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        port = try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                try #require(bind(listener, generic, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, generic, &length) == 0)
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
        let relay = self
        if let target { try startThread(named: "proxy", stack: 256 << 10) { relay.accept(target) } }
    }

    /// Cuts what is connected now.
    func cut() {
        for (client, server) in state.withLock(\.pairs) {
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(server, Int32(SHUT_RDWR))
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        cut()
    }

    private func accept(_ target: UInt16) {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            var address = Self.loopback(target)
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
            guard connected == 0 else {
                close(client)
                close(server)
                continue
            }
            for descriptor in [client, server] {
                var one: Int32 = 1
                setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
            }
            state.withLock { $0.pairs.append((client, server)) }
            do {
                try startThread(named: "relay", stack: 256 << 10) { self.relay(client, server) }
            } catch {
                Issue.record(error)
            }
        }
        close(listener)
    }

    private func relay(_ client: Int32, _ server: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var serverSpoke = true
        loop: while true {
            var descriptors = [pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: server, events: Int16(POLLIN), revents: 0)]
            poll(&descriptors, 2, -1)
            // The server's words first: what the client sends meanwhile was sent without them.
            for index in [1, 0] where descriptors[index].revents != 0 {
                let count = read(descriptors[index].fd, &buffer, buffer.count)
                guard count > 0 else { break loop }
                if index == 0, serverSpoke { state.withLock { $0.flights += 1 } }
                serverSpoke = index == 1
                guard Self.write(buffer[..<count], to: index == 0 ? server : client) else { break loop }
            }
        }
        shutdown(client, Int32(SHUT_RDWR))
        shutdown(server, Int32(SHUT_RDWR))
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard written > 0 else { return false }
            rest = rest.dropFirst(written)
        }
        return true
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
