/// The enhanced status code after a mail server's reply code (RFC 3463): `5.1.1`.
struct EnhancedStatus: Sendable, Hashable, CustomStringConvertible {
    /// 2, 4 or 5.
    let kind: Int
    /// 1 address, 2 mailbox, 3 mail system, 4 network, 5 protocol, 6 content, 7 security and policy.
    let subject: Int
    /// Within the subject.
    let detail: Int

    init(kind: Int, subject: Int, detail: Int) {
        self.kind = kind
        self.subject = subject
        self.detail = detail
    }

    /// The code of a reply: its second word (RFC 2034), or anywhere in qmail's form `(#5.1.1)`; else the first word that
    /// has the form of a code of the reply's own kind, because some servers write it on the last of several lines only.
    /// Nil when there is none.
    init?(reply: String) {
        let words = reply.split(separator: " ")
        let code = words.dropFirst().first.flatMap { Self($0) } ?? words.lazy.compactMap { Self.marked($0) }.first
        let kind = words.first?.first?.wholeNumberValue
        guard let found = code ?? words.dropFirst().lazy.compactMap({ Self($0) }).first(where: { $0.kind == kind }) else { return nil }
        self = found
    }

    private init?(_ word: Substring) {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { $0.utf8.count <= 3 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int($0) : nil }
        guard parts.count == 3, numbers.count == 3, [2, 4, 5].contains(numbers[0]) else { return nil }
        self.init(kind: numbers[0], subject: numbers[1], detail: numbers[2])
    }

    private static func marked(_ word: Substring) -> Self? {
        guard let mark = word.firstIndex(of: "#") else { return nil }
        return Self(word[word.index(after: mark)...].prefix { $0 == "." || $0.isNumber })
    }

    var description: String { "\(kind).\(subject).\(detail)" }
}
