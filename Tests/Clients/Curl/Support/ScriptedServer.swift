import Foundation
import Glibc
import Synchronization

/// An HTTP server on loopback that plays what a test tells it, byte for byte, and keeps what it was asked.
final class ScriptedServer: Sendable {
    /// A request as it arrived.
    struct Request: Sendable {
        let line: String
        let headers: [String: String]
        let body: [UInt8]
        /// Which connection it came on, from 1.
        let connection: Int
        var path: String { line.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
    }

    /// What to do next on the connection of a request.
    enum Step: Sendable {
        case send(String)
        case delay(milliseconds: UInt32)
        /// Wait until the client is gone.
        case hang
        case cut
    }

    private struct State {
        var requests: [Request] = []
        var connections = 0
        var open: Set<Int32> = []
        var isStopped = false
    }

    let port: Int
    private let listener: Int32
    private let state = Mutex(State())
    private let script: @Sendable (Request) -> [Step]

    init(_ script: @escaping @Sendable (Request) -> [Step]) throws {
        self.script = script
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        port = try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard bind(listener, generic, length) == 0, listen(listener, 512) == 0, getsockname(listener, generic, &length) == 0 else {
                    throw POSIXError(.EADDRNOTAVAIL)
                }
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        Thread.detachNewThread { self.accept() }
    }

    func url(_ path: String = "/", host: String = "127.0.0.1") -> String { "http://\(host):\(port)\(path)" }
    var requests: [Request] { state.withLock { $0.requests } }
    var connections: Int { state.withLock { $0.connections } }
    var openConnections: Int { state.withLock { $0.open.count } }

    func stop() {
        state.withLock { state in
            state.isStopped = true
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func accept() {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            let number = state.withLock { state -> Int? in
                guard !state.isStopped else { return nil }
                state.connections += 1
                state.open.insert(descriptor)
                return state.connections
            }
            guard let number else {
                close(descriptor)
                break
            }
            let thread = Thread { self.serve(descriptor, number) }
            thread.stackSize = 256 << 10
            thread.start()
        }
        close(listener)
    }

    private func serve(_ descriptor: Int32, _ number: Int) {
        var wire = Wire(descriptor: descriptor)
        serving: while let request = wire.request(connection: number) {
            state.withLock { $0.requests.append(request) }
            for step in script(request) {
                switch step {
                case .send(let text): if !wire.send(text) { break serving }
                case .delay(let milliseconds): usleep(milliseconds * 1_000)
                case .hang:
                    wire.drain()
                    break serving
                case .cut: break serving
                }
            }
        }
        state.withLock { state in
            state.open.remove(descriptor)
            close(descriptor)
        }
    }
}

/// One connection of the server.
private struct Wire {
    let descriptor: Int32
    var buffer: [UInt8] = []

    mutating func request(connection: Int) -> ScriptedServer.Request? {
        let blank = Array("\r\n\r\n".utf8)
        while buffer.firstRange(of: blank) == nil { guard fill() else { return nil } }
        guard let end = buffer.firstRange(of: blank) else { return nil }
        let lines = String(decoding: buffer[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        let length = Int(headers["content-length"] ?? "0") ?? 0
        while buffer.count < end.upperBound + length { guard fill() else { return nil } }
        let body = Array(buffer[end.upperBound..<end.upperBound + length])
        buffer.removeFirst(end.upperBound + length)
        return ScriptedServer.Request(line: lines[0], headers: headers, body: body, connection: connection)
    }

    mutating func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count > 0 { buffer += chunk[..<count] }
        return count > 0
    }

    mutating func drain() { while fill() {} }

    func send(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

extension ScriptedServer.Step {
    /// A whole answer with its length.
    static func answer(_ status: String = "200 OK", _ headers: [String] = [], _ body: String = "") -> Self {
        .send((["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers + ["", body]).joined(separator: "\r\n"))
    }
}
