/// How long the texts of a mail may be.
///
/// Mail readers clip a mail above 102 KB (Gmail): its end is lost, with the link to unsubscribe. So a mail that would
/// be longer is rendered again with its long texts cut, step by step, those of lists first of all.
struct MailTextLimits: Sendable, Equatable {
    /// The most characters of a text; nil for any number.
    let characters: Int?
    /// The most characters of a text in a list; nil for any number.
    let listCharacters: Int?

    /// Texts as they are.
    static let none = MailTextLimits(characters: nil, listCharacters: nil)

    /// What is tried for a mail that is too long, in this order. Outside of lists there are links, and few texts.
    static let steps = [300, 120, 60, 30].map { MailTextLimits(characters: 2_000, listCharacters: $0) }

    /// The bytes of HTML, encoded for SMTP, that every mail reader shows whole.
    static let clipping = 100_000

    /// The limits of texts inside a list.
    var inList: MailTextLimits { MailTextLimits(characters: listCharacters, listCharacters: listCharacters) }

    /// The text, or its beginning and `…`. A character of many code points (a flag, a letter with a hundred accents)
    /// counts as its bytes.
    func cut(_ text: String) -> String {
        guard let characters, text.utf8.count > characters else { return text }
        var kept = ""
        var bytes = 0
        for (count, character) in text.enumerated() {
            bytes += character.utf8.count
            if count == characters || bytes > 4 * characters { return kept + "…" }
            kept.append(character)
        }
        return text
    }

    /// Whether a mail reader would clip this HTML, as quoted-printable text.
    static func areExceeded(by html: String) -> Bool {
        // Each byte beyond ASCII becomes three, and no byte more than that; a line break in 76 comes on top.
        guard html.utf8.count > clipping / 4 else { return false }
        var encoded = 0
        for byte in html.utf8 { encoded += byte >= 0x80 || byte == UInt8(ascii: "=") ? 3 : 1 }
        return encoded + encoded / 25 > clipping
    }
}
