import Glibc

/// Ports for servers of a test.
public enum FreePort {
    struct None: Error {}

    /// A port of this machine that nobody listens on, below those that outgoing connections take.
    public static func find() throws -> Int {
        for _ in 0..<200 {
            let port = Int.random(in: 12000..<20000)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { Glibc.close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
            if bound == 0 { return port }
        }
        throw None()
    }
}
