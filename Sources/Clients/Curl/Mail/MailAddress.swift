/// A mailbox, and the name to show for it.
public struct MailAddress: Sendable, Hashable {
    /// The bare address, `local@domain`.
    public let address: String
    /// The name to show; any Unicode text in one line.
    public let name: String?

    /// Checks the syntax.
    ///
    /// An address has a local part (atoms with dots anywhere, as old carriers gave them out, or a quoted string), an `@`, a host name or address literal,
    /// and the lengths of RFC 5321 section 4.5.3.1. A domain beyond ASCII is put as DNS has it, `xn--mnchen-3ya.example` for `münchen.example`. A
    /// local part beyond ASCII is refused: that needs SMTPUTF8 (RFC 6531), which is not spoken here.
    public init(_ address: String, name: String? = nil) throws(MailError) {
        guard !address.breaksLine else { throw .headerInjection(field: "address") }
        if let name, name.breaksLine { throw .headerInjection(field: "name") }
        guard let at = address.lastIndex(of: "@") else { throw .invalidAddress(address, reason: "it must have one @") }
        let local = address[..<at]
        let domain = address[address.index(after: at)...]
        if let reason = LocalPart.fault(local) { throw .invalidAddress(address, reason: reason) }
        guard let host = MailDomain.ascii(domain) else { throw .invalidAddress(address, reason: "the part behind the @ must be a host name") }
        guard local.utf8.count + 1 + host.utf8.count <= 254 else {
            throw .invalidAddress(address, reason: "local part 1 to 64, whole address up to 254 characters")
        }
        self.address = "\(local)@\(host)"
        self.name = name
    }

    /// An address as people paste it into forms: what is around it (blanks, tabs, line ends, invisible characters) is no part of it.
    public init(pasted address: String, name: String? = nil) throws(MailError) { try self.init(address.trimmed, name: name) }

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
    public var domain: String { String(address[(address.lastIndex(of: "@") ?? address.startIndex)...].dropFirst()) }
}

extension String {
    /// Without blanks, line ends, control and invisible characters at its ends.
    fileprivate var trimmed: String {
        func isPadding(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.isWhitespace || [.control, .format].contains(scalar.properties.generalCategory)
        }
        var rest = unicodeScalars[...].drop(while: isPadding)
        while let last = rest.last, isPadding(last) { rest.removeLast() }
        return String(rest)
    }
}
