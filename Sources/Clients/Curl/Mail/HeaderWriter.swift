/// Writes header fields: folds them at 76 columns and encodes what is not plain ASCII.
struct HeaderWriter {
    private(set) var bytes: [UInt8] = []

    /// A field of words with a space between each; a line breaks between two words only.
    mutating func field(_ name: String, words: [String]) throws(MailError) {
        bytes += "\(name): ".utf8
        var column = name.utf8.count + 2
        for (index, word) in words.enumerated() {
            let length = word.utf8.count
            // 998 is the limit of a line (RFC 5322 section 2.1.1); a word cannot be broken.
            guard length <= 990 - (index == 0 ? name.utf8.count : 0) else { throw .headerTooLong(field: name) }
            // A line of white space alone would end the headers for some readers: no break before an empty word.
            if index > 0, length > 0, column + 1 + length > 76 {
                bytes += "\r\n ".utf8
                column = 1
            } else if index > 0 {
                bytes.append(0x20)
                column += 1
            }
            bytes += word.utf8
            column += length
        }
        bytes += "\r\n".utf8
    }

    /// A field of text. `isFree` text means nothing to a machine, so a word too long for a line can be encoded to break it.
    mutating func text(_ name: String, _ value: String, isFree: Bool = false) throws(MailError) {
        guard !value.breaksLine else { throw .headerInjection(field: name) }
        let words = value.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let isPlain =
            value.utf8.allSatisfy(\.isPrintable) && !value.contains("=?") && !value.hasPrefix(" ") && !value.hasSuffix(" ")
            && (!isFree || words.allSatisfy { $0.utf8.count < 76 - name.utf8.count })
        try field(name, words: isPlain ? words : EncodedWord.words(value))
    }

    /// A field for machines: it is never encoded, and a line breaks at its spaces only, so never inside of `<…>`.
    mutating func structured(_ name: String, _ value: String) throws(MailError) {
        guard !value.breaksLine else { throw .headerInjection(field: name) }
        guard !value.isEmpty, value.utf8.allSatisfy(\.isPrintable) else { throw .invalidHeaderValue(field: name) }
        try field(name, words: value.split(separator: " ").map(String.init))
    }

    /// A list of mailboxes.
    mutating func addresses(_ name: String, _ addresses: [MailAddress]) throws(MailError) {
        var words: [String] = []
        for (index, mailbox) in addresses.enumerated() {
            let comma = index < addresses.count - 1 ? "," : ""
            if let shown = mailbox.name, !shown.isEmpty {
                words += Self.phrase(shown)
                words.append("<\(mailbox.address)>\(comma)")
            } else {
                words.append(mailbox.address + comma)
            }
        }
        try field(name, words: words)
    }

    /// A display name: atoms if it can be, else a quoted string, else encoded words (RFC 5322 section 3.2.5, RFC 2047 section 5).
    private static func phrase(_ name: String) -> [String] {
        guard name.utf8.allSatisfy(\.isPrintable), !name.contains("=?"), name.utf8.count <= 60 else { return EncodedWord.words(name) }
        let words = name.split(separator: " ", omittingEmptySubsequences: false)
        if words.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isAtomCharacter) }) { return words.map(String.init) }
        var quoted = "\""
        for character in name {
            if character == "\"" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return [quoted + "\""]
    }
}
