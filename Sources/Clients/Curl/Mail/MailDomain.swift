import CCurl

/// What may stand behind the `@` of a mail address.
enum MailDomain {
    /// The domain in ASCII: a host name, an address literal as it is, a name beyond ASCII by IDNA. Nil for what is none.
    static func ascii(_ text: Substring) -> String? {
        if isLiteral(text) { return String(text) }
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return isHostName(text) ? String(text) : nil }
        // libcurl would read a URL's host: nothing of ASCII but what names are made of.
        guard text.utf8.allSatisfy({ $0 >= 0x80 || $0.isLetterOrDigit || $0 == 0x2D || $0 == 0x2E }) else { return nil }
        guard let host = ccurl_ascii_host(String(text)) else { return nil }
        defer { curl_free(host) }
        let name = String(cString: host)
        return isHostName(name[...]) ? name : nil
    }

    private static func isLiteral(_ text: Substring) -> Bool {
        text.hasPrefix("[") && text.hasSuffix("]") && text.utf8.count > 2
            && text.dropFirst().dropLast().utf8.allSatisfy { $0.isLetterOrDigit || $0 == 0x2E || $0 == 0x3A }
    }

    private static func isHostName(_ text: Substring) -> Bool {
        text.utf8.count <= 255
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                    && label.utf8.allSatisfy { $0.isLetterOrDigit || $0 == 0x2D }
            }
    }
}
