import FoundationEssentials

/// Header text with encoded words, `=?utf-8?Q?caf=C3=A9?=` (RFC 2047).
enum EncodedWords {
    /// The decoded text; invalid encoded words are not changed.
    static func decode(_ text: String) -> String {
        var decoded = ""
        var rest = text[...]
        var followsWord = false
        while let start = rest.firstRange(of: "=?") {
            let before = rest[..<start.lowerBound]
            guard let word = Word(rest[start.lowerBound...]) else {
                decoded += rest[..<start.upperBound]
                rest = rest[start.upperBound...]
                followsWord = false
                continue
            }
            // Space between two encoded words is only there to fold the line.
            if !(followsWord && before.allSatisfy { $0 == " " || $0 == "\t" }) { decoded += before }
            decoded += word.text
            rest = rest[word.end...]
            followsWord = true
        }
        return decoded + rest
    }

    private struct Word {
        let text: String
        let end: Substring.Index

        init?(_ source: Substring) {
            let fields = source.dropFirst(2).split(separator: "?", maxSplits: 3, omittingEmptySubsequences: false)
            guard fields.count == 4, fields[3].first == "=" else { return nil }
            let bytes: [UInt8]
            switch fields[1].uppercased() {
            case "B":
                guard let data = Data(base64Encoded: String(fields[2])) else { return nil }
                bytes = Array(data)
            case "Q": bytes = QuotedPrintable.decode(fields[2].utf8, isHeader: true)
            default: return nil
            }
            text = Charset.text(bytes, charset: String(fields[0]))
            end = source.index(after: fields[3].startIndex)
        }
    }
}
