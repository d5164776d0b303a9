import FoundationEssentials
import Platform

/// Where a request comes from. Of `X-Forwarded-For` only what trusted proxies have appended is believed: from the right,
/// the first address that is none of theirs.
struct ClientAddress: Sendable {
    static let setting = Setting.list("CONSOLE_TRUSTED_PROXIES", "addresses of the proxies before the console, whose X-Forwarded-For is believed")

    private let trusted: Set<String>

    init(_ settings: Settings) throws(ConfigurationError) { trusted = Set(try settings.value(Self.setting)) }

    /// The client's address. IPv6 addresses of one network of 64 bits are one client.
    func of(_ request: WebRequest) -> String {
        let peer = request.peer ?? "unknown"
        guard trusted.contains(peer) else { return Self.network(peer) }
        let forwarded = (request.header("x-forwarded-for") ?? "").split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }
        let client = forwarded.last { !trusted.contains($0) } ?? peer
        return Self.network(client)
    }

    private static func network(_ address: String) -> String {
        guard address.utf8.count <= 45, address.utf8.allSatisfy({ (0x2E...0x3A).contains($0) || (0x41...0x66).contains($0) || $0 == 0x25 }) else {
            return "unreadable"
        }
        let groups = address.split(separator: ":", omittingEmptySubsequences: false)
        guard groups.count > 2, !address.hasPrefix("::ffff:"), address != "::1" else { return address }
        // What `::` stands for does not matter for the first four groups unless it is among them.
        let first = groups.prefix(4).prefix { !$0.isEmpty }
        return first.joined(separator: ":") + "::/64"
    }
}
