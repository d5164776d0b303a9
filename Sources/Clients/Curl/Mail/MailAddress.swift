/// A mailbox, and the name to show for it.
public struct MailAddress: Sendable, Hashable {
    /// The bare address, `local@domain`.
    public let address: String
    /// The name to show; any Unicode text in one line.
    public let name: String?

    /// Checks the syntax: one `@`, a dot-atom before it, a host name or address literal behind it, the lengths of RFC 5321 section 4.5.3.1.
    ///
    /// Quoted local parts are refused, and so is everything beyond ASCII: that needs SMTPUTF8 (RFC 6531), which is not spoken here.
    /// A domain like `münchen.example` can be given as `xn--mnchen-3ya.example`.
    public init(_ address: String, name: String? = nil) throws(MailError) {
        guard !address.breaksLine else { throw .headerInjection(field: "address") }
        if let name, name.breaksLine { throw .headerInjection(field: "name") }
        if let reason = Self.fault(address) { throw .invalidAddress(address, reason: reason) }
        self.address = address
        self.name = name
    }

    /// A mailbox as people write it: `tickets@example.org`, `Box Office <tickets@example.org>` or `"Box Office" <tickets@example.org>`.
    public init(mailbox text: String) throws(MailError) {
        guard text.hasSuffix(">"), let open = text.lastIndex(of: "<") else {
            try self.init(text)
            return
        }
        var name = text[..<open].drop { $0 == " " }
        while name.last == " " { name.removeLast() }
        if name.count >= 2, name.hasPrefix("\""), name.hasSuffix("\"") { name = name.dropFirst().dropLast() }
        try self.init(String(text[text.index(after: open)...].dropLast()), name: name.isEmpty ? nil : String(name))
    }

    /// What stands behind the `@`.
    public var domain: String { String(address.drop { $0 != "@" }.dropFirst()) }

    private static func fault(_ address: String) -> String? {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard address.utf8.allSatisfy({ $0 < 0x80 }) else {
            return "characters beyond ASCII need SMTPUTF8, which is not supported; write the domain as xn--…"
        }
        guard parts.count == 2 else { return "it must have one @" }
        guard address.utf8.count <= 254, (1...64).contains(parts[0].utf8.count), (1...255).contains(parts[1].utf8.count) else {
            return "local part 1 to 64, whole address up to 254 characters"
        }
        let atoms = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard atoms.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isAtomCharacter) }) else {
            return "the part before the @ must be letters, digits and !#$%&'*+-/=?^_`{|}~, with single dots between"
        }
        return isDomain(parts[1]) ? nil : "the part behind the @ must be a host name"
    }

    private static func isDomain(_ domain: Substring) -> Bool {
        if domain.hasPrefix("["), domain.hasSuffix("]") {
            return domain.utf8.count > 2 && domain.dropFirst().dropLast().utf8.allSatisfy { $0.isLetterOrDigit || $0 == 0x2E || $0 == 0x3A }
        }
        return domain.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { $0.isLetterOrDigit || $0 == 0x2D }
        }
    }
}
