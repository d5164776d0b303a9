extension UInt8 {
    /// A to Z in lower case, everything else as it is.
    var lowercasedASCII: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

    var isDigit: Bool { (0x30...0x39).contains(self) }
    var isLetterOrDigit: Bool { isDigit || (0x61...0x7A).contains(self | 0x20) && self < 0x80 }

    /// `tchar` of RFC 9110 section 5.6.2.
    var isTokenCharacter: Bool { isLetterOrDigit || "!#$%&'*+-.^_`|~".utf8.contains(self) }
    /// `atext` of RFC 5322 section 3.2.3.
    var isAtomCharacter: Bool { isLetterOrDigit || "!#$%&'*+-/=?^_`{|}~".utf8.contains(self) }
    /// A visible character or a space of ASCII.
    var isPrintable: Bool { (0x20...0x7E).contains(self) }
}

extension StringProtocol {
    /// Equal but for the case of A to Z, as protocols compare their names.
    func equalsIgnoringCase(_ other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8) { $0.lowercasedASCII == $1.lowercasedASCII }
    }

    /// Whether it holds a CR, LF or NUL: what would start a new header or end a C string.
    var breaksLine: Bool { utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 } }
}
