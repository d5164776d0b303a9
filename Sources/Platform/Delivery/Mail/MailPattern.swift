/// A text with fields, `{day} {month}`, of a language's file; parsed once, since every mail has several.
struct MailPattern<Field: RawRepresentable<String> & Sendable>: Decodable, Sendable {
    private enum Part: Sendable {
        case text(String)
        case field(Field)
    }

    private var parts: [Part] = []

    /// Decodes it from its text.
    /// - Throws: `DecodingError` for a field that there is none of.
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        for piece in try container.decode(String.self).split(separator: "{") {
            let halves = piece.split(separator: "}", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2 else {
                parts.append(.text(String(piece)))
                continue
            }
            guard let field = Field(rawValue: String(halves[0])) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "there is no field {\(halves[0])}")
            }
            parts.append(.field(field))
            if !halves[1].isEmpty { parts.append(.text(String(halves[1]))) }
        }
    }

    /// The text with these values.
    func filled(_ value: (Field) -> String) -> String {
        parts.reduce(into: "") { text, part in
            switch part {
            case .text(let literal): text += literal
            case .field(let field): text += value(field)
            }
        }
    }
}
