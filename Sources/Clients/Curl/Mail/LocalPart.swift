/// What may stand before the `@` of a mail address.
enum LocalPart {
    /// Why it cannot; nil when it can.
    static func fault(_ text: Substring) -> String? {
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            return "the part before the @ has characters beyond ASCII; they need SMTPUTF8, which is not supported"
        }
        guard (1...64).contains(text.utf8.count) else { return "local part 1 to 64, whole address up to 254 characters" }
        if text.hasPrefix("\"") { return isQuotedString(text) ? nil : "the quoted part before the @ must end with its quote" }
        guard text.utf8.allSatisfy({ $0 == 0x2E || $0.isAtomCharacter }), text.utf8.contains(where: { $0 != 0x2E }) else {
            let extra = text.contains("@") ? "it must have one @; " : ""
            return "\(extra)the part before the @ must be letters, digits, dots and !#$%&'*+-/=?^_`{|}~, or be quoted"
        }
        return nil
    }

    /// Printable characters between quotes; a quote or backslash among them has a backslash before it (RFC 5321 section 4.1.2).
    private static func isQuotedString(_ text: Substring) -> Bool {
        guard text.utf8.count >= 3, text.hasSuffix("\"") else { return false }
        var isEscaped = false
        for byte in text.utf8.dropFirst().dropLast() {
            guard byte.isPrintable else { return false }
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                return false
            }
        }
        return !isEscaped
    }
}
