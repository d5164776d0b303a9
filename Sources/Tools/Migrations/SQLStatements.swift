/// The statements of an SQL file, as `psql` would send them one by one.
enum SQLStatements {
    /// Splits at semicolons outside of strings, quoted names, dollar quotes and comments. Parts with only comments are
    /// dropped.
    static func split(_ text: String) -> [String] {
        var statements: [String] = []
        var current = ""
        var hasContent = false
        var rest = Substring(text)
        while let character = rest.first {
            if let comment = comment(rest) {
                current += rest.prefix(comment)
                rest = rest.dropFirst(comment)
                continue
            }
            if character == ";" {
                if hasContent { statements.append(trimmed(current)) }
                current = ""
                hasContent = false
                rest = rest.dropFirst()
                continue
            }
            let length = quotation(rest, after: current.last) ?? 1
            current += rest.prefix(length)
            rest = rest.dropFirst(length)
            hasContent = hasContent || !character.isWhitespace
        }
        if hasContent { statements.append(trimmed(current)) }
        return statements
    }

    /// The length of a comment at the start; block comments nest.
    private static func comment(_ text: Substring) -> Int? {
        if text.hasPrefix("--") { return text.prefix { !$0.isNewline }.count }
        guard text.hasPrefix("/*") else { return nil }
        var depth = 0
        var rest = text
        repeat {
            if rest.hasPrefix("/*") || rest.hasPrefix("*/") {
                depth += rest.hasPrefix("/*") ? 1 : -1
                rest = rest.dropFirst(2)
            } else {
                rest = rest.dropFirst()
            }
        } while depth > 0 && !rest.isEmpty
        return text.count - rest.count
    }

    /// The length of a string, quoted name or dollar quote at the start. An unterminated one extends to the end of the
    /// text.
    private static func quotation(_ text: Substring, after before: Character?) -> Int? {
        guard let first = text.first else { return nil }
        if first == "'" || first == "\"" {
            let escapes = first == "'" && (before == "E" || before == "e")
            var rest = text.dropFirst()
            while let character = rest.first {
                rest = rest.dropFirst(escapes && character == "\\" ? 2 : 1)
                // A doubled quote starts the next string at once, with the same result.
                if character == first { break }
            }
            return text.count - rest.count
        }
        guard first == "$", before.map({ !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "$") }) ?? true else { return nil }
        let tag = text.dropFirst().prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        let mark = "$\(tag)$"
        guard text.hasPrefix(mark), tag.first?.isNumber != true else { return nil }
        let body = text.dropFirst(mark.count)
        guard let end = body.firstRange(of: mark) else { return text.count }
        return text.distance(from: text.startIndex, to: end.upperBound)
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
