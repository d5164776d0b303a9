/// The header of a mail as it arrived, with what relays and signers added (RFC 5322 section 2.2).
struct ReceivedMail {
    /// A field, unfolded.
    struct Field {
        let name: String
        let value: String
        /// Its longest line as it arrived, in bytes.
        let longestLine: Int
    }

    let fields: [Field]

    /// Reads the fields before the first blank line.
    init(_ bytes: some BidirectionalCollection<UInt8>) {
        var fields: [Field] = []
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            let text = String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            if text.isEmpty { break }
            if text.hasPrefix(" ") || text.hasPrefix("\t") {
                guard let last = fields.popLast() else { continue }
                fields.append(Field(name: last.name, value: last.value + text, longestLine: max(last.longestLine, text.utf8.count)))
            } else if let colon = text.firstIndex(of: ":") {
                fields.append(
                    Field(
                        name: text[..<colon].lowercased(), value: text[text.index(after: colon)...].trimmed, longestLine: text.utf8.count))
            }
        }
        self.fields = fields
    }

    /// The fields of a name, in small letters.
    func named(_ name: String) -> [Field] { fields.filter { $0.name == name } }
}

extension StringProtocol {
    /// Without blanks around it.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
