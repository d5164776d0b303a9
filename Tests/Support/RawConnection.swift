import Glibc

/// A TCP connection to this machine that says what it is told to and no more.
public final class RawConnection: Sendable {
    private let descriptor: Int32

    struct Refused: Error { let code: Int32 }

    /// Connects.
    public init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else { throw Refused(code: errno) }
    }

    deinit { close(descriptor) }

    /// Sends a text as it is.
    public func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Whether the other side has ended it; what it has said before is passed over.
    public var isClosed: Bool {
        while true {
            switch next {
            case .end: return true
            case .nothing: return false
            case .bytes: break
            }
        }
    }

    /// Everything that the other side says until it ends the connection.
    public func received() async throws -> String {
        var all: [UInt8] = []
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            switch next {
            case .end: return String(decoding: all, as: UTF8.self)
            case .nothing: try await Task.sleep(for: .milliseconds(10))
            case .bytes(let bytes): all += bytes
            }
        }
        return String(decoding: all, as: UTF8.self) + " … and stays open"
    }

    private enum Next {
        case bytes([UInt8])
        case nothing
        case end
    }

    private var next: Next {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        if count > 0 { return .bytes(Array(bytes.prefix(count))) }
        return count < 0 && errno == EAGAIN ? .nothing : .end
    }
}
