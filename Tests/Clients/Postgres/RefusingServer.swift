import ClientSupport
import Glibc
import Testing

/// Says the same error to everybody who connects, in the words that are given: as a pooler does whose database is away.
final class RefusingServer: Sendable {
    let port: UInt16
    private let listener: Int32

    /// - Parameter fields: The fields of the ErrorResponse, such as `SERROR` and `C08P01`.
    init(_ fields: [String]) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        port = try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                try #require(bind(listener, generic, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, generic, &length) == 0)
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
        var body: [UInt8] = []
        for field in fields { body += Array(field.utf8) + [0] }
        body.append(0)
        let answer: [UInt8] = [UInt8(ascii: "E")] + Self.bytes(UInt32(body.count + 4)) + body
        try startThread(named: "refusing", stack: 256 << 10) {
            while true {
                let client = Glibc.accept(listener, nil, nil)
                guard client >= 0 else { break }
                Self.refuse(client, answer)
                close(client)
            }
            close(listener)
        }
    }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func refuse(_ client: Int32, _ answer: [UInt8]) {
        var packet = [UInt8](repeating: 0, count: 10_000)
        while true {
            let count = read(client, &packet, packet.count)
            guard count >= 8 else { return }
            // SSLRequest and GSSENCRequest are of eight bytes: no, thank you. What is longer is the startup packet.
            guard count == 8 else { break }
            _ = write(client, "N", 1)
        }
        _ = write(client, answer, answer.count)
    }

    private static func bytes(_ number: UInt32) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
