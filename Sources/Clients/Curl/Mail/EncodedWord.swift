import FoundationEssentials

/// Text beyond ASCII in a header (RFC 2047).
enum EncodedWord {
    /// Characters of encoded text in one word. With its frame a word has at most 62 of the 75 that are allowed,
    /// so that a word fits behind the name of every header in a line of 76.
    private static let payload = 50

    /// The text as encoded words, in whichever of the two encodings is shorter; no character is split between two.
    static func words(_ text: String) -> [String] {
        let quoted = split(text) { $0.utf8.reduce(0) { $0 + (isLiteral($1) || $1 == 0x20 ? 1 : 3) } <= payload }
        let base64 = split(text) { ($0.utf8.count + 2) / 3 * 4 <= payload }
        return quoted.count <= base64.count
            ? quoted.map { "=?utf-8?Q?\(quote($0))?=" }
            : base64.map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }
    }

    private static func split(_ text: String, _ fits: (String) -> Bool) -> [String] {
        var parts: [String] = []
        var part = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            part.append(scalar)
            if !fits(String(part)) {
                part.removeLast()
                parts.append(String(part))
                part = String.UnicodeScalarView([scalar])
            }
        }
        if !part.isEmpty || parts.isEmpty { parts.append(String(part)) }
        return parts
    }

    // The set that is allowed in a phrase, the strictest of the three places (RFC 2047 section 5).
    private static func isLiteral(_ byte: UInt8) -> Bool { byte.isLetterOrDigit || "!*+-/".utf8.contains(byte) }

    private static func quote(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            if byte == 0x20 {
                out.append(0x5F)
            } else if isLiteral(byte) {
                out.append(byte)
            } else {
                out += QuotedPrintable.escape(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
