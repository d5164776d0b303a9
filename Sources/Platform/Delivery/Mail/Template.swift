/// A text with placeholders, in the subset of Mustache that mails need (mustache(5),
/// https://mustache.github.io/mustache.5.html):
/// `{{name}}`, `{{#name}}…{{/name}}` for a value that is not empty or for each item of a list, `{{^name}}…{{/name}}`
/// for one that is empty, `{{.}}` for the text of the section, and `{{! a comment }}`. A section's or comment's tag
/// that has a line to itself leaves no line in the output.
package struct Template: Sendable {
    /// The value of a name.
    package enum Value: Sendable {
        case text(String)
        case list([[String: Value]])
    }

    /// How values are escaped.
    package enum Escaping: Sendable {
        case none
        case html
    }

    /// Where a template does not parse, and why.
    package struct SyntaxError: Error, Equatable {
        /// From 1.
        package let line: Int
        package let reason: String
    }

    /// A name without a value, or `.` outside of a text section.
    package struct MissingValue: Error, Equatable {
        package let name: String
    }

    private indirect enum Part: Sendable {
        case text(Substring)
        case value(Substring)
        case markup(Substring)
        case section(Substring, [Part])
        case inverted(Substring, [Part])
    }

    private let parts: [Part]
    private let escaping: Escaping

    /// Parses a template. `{{{name}}}` inserts markup unescaped and is accepted in a layout alone: in a mail, a fact
    /// could inject HTML.
    package init(_ text: some StringProtocol, escaping: Escaping, isLayout: Bool = false) throws(SyntaxError) {
        var parser = Parser(text, isLayout: isLayout)
        parts = try parser.parts(of: nil)
        self.escaping = escaping
    }

    /// Renders the text with these values.
    package func render(_ values: [String: Value]) throws(MissingValue) -> String {
        var output = ""
        try write(parts, values, item: nil, to: &output)
        return output
    }

    private func write(_ parts: [Part], _ values: [String: Value], item: String?, to output: inout String) throws(MissingValue) {
        for part in parts {
            switch part {
            case .text(let text): output += text
            case .value(let name): output += escaped(try text(name, values, item: item))
            case .markup(let name): output += try text(name, values, item: item)
            case .inverted(let name, let parts):
                if try value(name, values, item: item).isEmpty { try write(parts, values, item: item, to: &output) }
            case .section(let name, let parts):
                switch try value(name, values, item: item) {
                case .text(let text) where text.isEmpty: break
                case .text(let text): try write(parts, values, item: text, to: &output)
                case .list(let items):
                    for item in items { try write(parts, values.merging(item) { $1 }, item: nil, to: &output) }
                }
            }
        }
    }

    private func value(_ name: Substring, _ values: [String: Value], item: String?) throws(MissingValue) -> Value {
        if name == ".", let item { return .text(item) }
        guard let value = values[String(name)] else { throw MissingValue(name: String(name)) }
        return value
    }

    private func text(_ name: Substring, _ values: [String: Value], item: String?) throws(MissingValue) -> String {
        guard case .text(let text) = try value(name, values, item: item) else { throw MissingValue(name: String(name)) }
        return text
    }

    private func escaped(_ text: String) -> String { escaping == .html ? text.escapedForHTML : text }
}

extension Template.Value {
    fileprivate var isEmpty: Bool {
        switch self {
        case .text(let text): text.isEmpty
        case .list(let items): items.isEmpty
        }
    }
}

extension String {
    /// Escaped for an HTML text or attribute value.
    fileprivate var escapedForHTML: String {
        guard utf8.contains(where: { "&<>\"'".utf8.contains($0) }) else { return self }
        var escaped = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension Template {
    /// Parses a text in one pass, tag by tag.
    private struct Parser {
        private let isLayout: Bool
        private var rest: Substring
        private var line = 1
        /// Whether only blanks precede `rest` on its line.
        private var isAtLineStart = true

        init(_ text: some StringProtocol, isLayout: Bool) {
            rest = Substring(text)
            self.isLayout = isLayout
        }

        /// The parts up to the end of the section, or of the text.
        mutating func parts(of section: (name: Substring, line: Int)?) throws(SyntaxError) -> [Part] {
            var parts: [Part] = []
            while let open = rest.firstRange(of: "{{")?.lowerBound {
                let before = take(upTo: open)
                let tag = try tag()
                let tagLine = line
                switch tag.kind {
                case "#", "^", "/", "!":
                    parts.append(.text(standalone(before)))
                    if tag.kind == "!" { continue }
                    if tag.kind == "/" {
                        guard let section else { throw SyntaxError(line: tagLine, reason: "{{/\(tag.name)}} closes no section") }
                        guard section.name == tag.name else {
                            throw SyntaxError(line: tagLine, reason: "{{/\(tag.name)}} stands where {{/\(section.name)}} must be")
                        }
                        return parts
                    }
                    let inner = try self.parts(of: (tag.name, tagLine))
                    parts.append(tag.kind == "#" ? .section(tag.name, inner) : .inverted(tag.name, inner))
                case "{":
                    guard isLayout else { throw SyntaxError(line: line, reason: "{{{…}}} is for the layout alone: it is not escaped") }
                    parts += [.text(before), .markup(tag.name)]
                    isAtLineStart = false
                default:
                    parts += [.text(before), .value(tag.name)]
                    isAtLineStart = false
                }
            }
            if let section { throw SyntaxError(line: section.line, reason: "{{#\(section.name)}} is not closed") }
            parts.append(.text(rest))
            return parts
        }

        /// Consumes and returns the text up to `end`.
        private mutating func take(upTo end: Substring.Index) -> Substring {
            let text = rest[..<end]
            rest = rest[end...]
            for character in text {
                if character.isNewline { line += 1 }
                isAtLineStart = character.isNewline || (isAtLineStart && character.isWhitespace)
            }
            return text
        }

        private mutating func tag() throws(SyntaxError) -> (kind: Character?, name: Substring) {
            var inner = rest.dropFirst(2)
            if let kind = inner.first, "&>=%<$".contains(kind) { throw SyntaxError(line: line, reason: "{{\(kind)…}} is not known") }
            let kind = inner.first.flatMap { "#^/!{".contains($0) ? $0 : nil }
            if kind != nil { inner = inner.dropFirst() }
            guard let end = inner.firstRange(of: kind == "{" ? "}}}" : "}}") else { throw SyntaxError(line: line, reason: "a tag is not closed") }
            let words = inner[..<end.lowerBound].split(whereSeparator: \.isWhitespace)
            guard kind == "!" || (words.count == 1 && !words[0].contains { "{}".contains($0) }) else {
                throw SyntaxError(line: line, reason: "{{\(inner[..<end.lowerBound])}} is no name")
            }
            line += rest[..<end.lowerBound].count(where: \.isNewline)
            rest = rest[end.upperBound...]
            return (kind, words.first ?? "")
        }

        /// The text before a tag. If the tag has a line to itself, the blanks before it are dropped and the rest of
        /// that line is consumed.
        private mutating func standalone(_ before: Substring) -> Substring {
            guard isAtLineStart else { return before }
            let blanks = rest.prefix { $0.isWhitespace && !$0.isNewline }
            let next = rest[blanks.endIndex...]
            guard next.first?.isNewline ?? true else {
                isAtLineStart = false
                return before
            }
            rest = next.dropFirst()
            line += next.isEmpty ? 0 : 1
            return before[..<(before.lastIndex(where: \.isNewline).map(before.index(after:)) ?? before.startIndex)]
        }
    }
}
