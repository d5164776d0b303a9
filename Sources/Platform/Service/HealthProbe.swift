import FoundationEssentials
import Glibc

/// Checks over HTTP whether a process of this machine is healthy, for a container's health check: no shell, no curl,
/// one connection.
public enum HealthProbe {
    /// The time limit in seconds for connecting, sending and receiving together.
    private static let limit = 3

    /// Sends the request and returns the problem.
    /// - Parameters:
    ///   - host: The address that the process listens on; a wildcard address means this machine.
    ///   - path: The path to request.
    /// - Returns: nil when the status is 200; otherwise the problem, in one line.
    public static func problem(host: String, port: Int, path: String) -> String? {
        let address = ["0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host
        let status = status(address, port, path)
        guard let status else { return "nobody answers at \(address):\(port) within \(limit) s" }
        return status == 200 ? nil : "\(path) answers with status \(status)"
    }

    private static func status(_ address: String, _ port: Int, _ path: String) -> Int? {
        // The alarm ends the process if anything takes longer.
        alarm(UInt32(limit))
        guard let socket = connected(address, port) else { return nil }
        defer { close(socket) }
        let request = "GET \(path) HTTP/1.1\r\nHost: \(address.contains(":") ? "[\(address)]" : address)\r\nConnection: close\r\n\r\n"
        guard request.utf8.withContiguousStorageIfAvailable({ write(socket, $0.baseAddress, $0.count) == $0.count }) == true else { return nil }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64)
        while !answer.contains(10), answer.count < 256 {
            let count = read(socket, &chunk, chunk.count)
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        let words = String(decoding: answer, as: UTF8.self).split(separator: " ", maxSplits: 2)
        guard words.count > 1, words[0].hasPrefix("HTTP/1.") else { return nil }
        return Int(words[1])
    }

    private static func connected(_ address: String, _ port: Int) -> Int32? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, "\(port)", &hints, &found) == 0, let first = found else { return nil }
        defer { freeaddrinfo(found) }
        let socket = Glibc.socket(first.pointee.ai_family, first.pointee.ai_socktype, 0)
        guard socket >= 0 else { return nil }
        guard connect(socket, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
            close(socket)
            return nil
        }
        return socket
    }
}
