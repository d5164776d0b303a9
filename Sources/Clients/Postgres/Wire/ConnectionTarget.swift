import Glibc

/// One address to connect to, of those that the hosts of a URL have. Each has the time to connect for itself, which libpq
/// would give to all of them together when it is used without blocking.
struct ConnectionTarget {
    /// For libpq, with one host and address.
    let parameters: [String: String]

    /// For people: host and port.
    var name: String {
        "\(parameters["host"] ?? parameters["hostaddr"] ?? "localhost"):\(parameters["port"] ?? "5432")"
    }

    /// All addresses in the order of the URL. Resolving names blocks.
    static func all(_ parameters: [String: String]) -> [ConnectionTarget] {
        // A pass for each preference: libpq, given one host, would be content with any.
        guard parameters["target_session_attrs"] == "prefer-standby" else { return hosts(parameters).flatMap(addresses) }
        return ["standby", "any"].flatMap { preference in
            hosts(parameters.merging(["target_session_attrs": preference]) { $1 }).flatMap(addresses)
        }
    }

    private static func hosts(_ parameters: [String: String]) -> [[String: String]] {
        let lists = ["host", "hostaddr", "port"].map { keyword in
            (keyword, parameters[keyword, default: ""].split(separator: ",", omittingEmptySubsequences: false))
        }
        let count = max(lists[0].1.count, lists[1].1.count)
        return (0..<count).map { index in
            var one = parameters
            for (keyword, list) in lists {
                // One port is everybody's.
                let value = list.count == 1 && keyword == "port" ? list[0] : list.indices.contains(index) ? list[index] : ""
                one[keyword] = value.isEmpty ? nil : String(value)
            }
            return one
        }
    }

    private static func addresses(_ parameters: [String: String]) -> [ConnectionTarget] {
        guard parameters["hostaddr"] == nil, let host = parameters["host"], !host.hasPrefix("/"), !host.hasPrefix("@") else {
            return [ConnectionTarget(parameters: parameters)]
        }
        let addresses = resolve(host)
        // libpq resolves a single one again, and says what is wrong with a name that has none.
        guard addresses.count > 1 else { return [ConnectionTarget(parameters: parameters)] }
        return addresses.map { address in ConnectionTarget(parameters: parameters.merging(["hostaddr": address]) { $1 }) }
    }

    private static func resolve(_ host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let status = getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if status == 0, !addresses.contains(address) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        return addresses
    }
}
