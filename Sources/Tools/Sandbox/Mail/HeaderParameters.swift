/// A header value with parameters, such as `text/plain; charset="utf-8"`.
struct HeaderParameters: Equatable, Sendable {
    /// The text before the first semicolon, in lower case.
    let value: String
    /// By name in lower case, without quotes.
    let parameters: [String: String]

    init(_ text: String) {
        let pieces = Self.pieces(text)
        value = pieces.first?.lowercased() ?? ""
        var parameters: [String: String] = [:]
        for piece in pieces.dropFirst() {
            guard let equals = piece.firstIndex(of: "=") else { continue }
            parameters[piece[..<equals].lowercased()] = String(piece[piece.index(after: equals)...])
        }
        self.parameters = parameters
    }

    /// The text between semicolons that are not quoted, without quotes and without spaces around.
    private static func pieces(_ text: String) -> [String] {
        var pieces = [""]
        var isQuoted = false
        var isEscaped = false
        for character in text {
            if isEscaped {
                pieces[pieces.count - 1].append(character)
                isEscaped = false
            } else if character == "\\" && isQuoted {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == ";" && !isQuoted {
                pieces.append("")
            } else if isQuoted || !(character == " " || character == "\t") {
                pieces[pieces.count - 1].append(character)
            }
        }
        return pieces
    }
}
