import Dispatch
import Glibc

/// Reads a mail server's greeting (RFC 5321, section 3.1), sends QUIT and disconnects.
enum SMTPGreeting {
    /// The greeting, without its code.
    /// - Throws: a ``Failure`` when there is no greeting within five seconds.
    static func of(host: String, port: Int) async throws -> String {
        // These calls block, which is not allowed on a thread of the cooperative pool.
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try greeting(host, port) })
            }
        }
    }

    private static func greeting(_ host: String, _ port: Int) throws -> String {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0 else { throw Failure("the name \(host) has no address") }
        defer { freeaddrinfo(found) }
        var address = found
        while let one = address?.pointee {
            let socket = Glibc.socket(one.ai_family, one.ai_socktype, one.ai_protocol)
            defer { close(socket) }
            var limit = timeval(tv_sec: 5, tv_usec: 0)
            for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(socket, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size)) }
            if connect(socket, one.ai_addr, one.ai_addrlen) == 0 { return try line(socket, host, port) }
            address = one.ai_next
        }
        throw Failure("nothing accepts connections at \(host):\(port)")
    }

    private static func line(_ socket: Int32, _ host: String, _ port: Int) throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        while !bytes.contains(UInt8(ascii: "\n")), bytes.count < 4096 {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { throw Failure("\(host):\(port) accepts connections, but does not greet") }
            bytes += buffer[..<count]
        }
        let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard text.hasPrefix("220") else { throw Failure("\(host):\(port) greets with \(text)") }
        let farewell = Array("QUIT\r\n".utf8)
        send(socket, farewell, farewell.count, Int32(MSG_NOSIGNAL))
        return String(text.dropFirst(4))
    }
}
