extension Template {
    /// Parses a text in one pass, tag by tag.
    struct Parser {
        private let isLayout: Bool
        private let partials: [String: String]
        /// The partials that this text is included by.
        private let including: [Substring]
        private var rest: Substring
        private var line = 1
        /// Whether only blanks precede `rest` on its line.
        private var isAtLineStart = true

        init(_ text: some StringProtocol, isLayout: Bool, partials: [String: String], including: [Substring] = []) {
            rest = Substring(text)
            self.isLayout = isLayout
            self.partials = partials
            self.including = including
        }

        /// The parts up to the end of the section, or of the text.
        mutating func parts(of section: (tag: Tag, line: Int)?) throws(SyntaxError) -> [Part] {
            var parts: [Part] = []
            while let open = rest.firstRange(of: "{{")?.lowerBound {
                let before = take(upTo: open)
                let tag = try tag()
                let tagLine = line
                switch tag.kind {
                case .closing:
                    parts.append(.text(standalone(before)))
                    guard let section else { throw SyntaxError(line: tagLine, reason: "{{/\(tag.name)}} closes no section") }
                    guard section.tag.name == tag.name else {
                        throw SyntaxError(line: tagLine, reason: "{{/\(tag.name)}} stands where {{/\(section.tag.name)}} must be")
                    }
                    return parts
                case .markup:
                    guard isLayout else { throw SyntaxError(line: line, reason: "{{{…}}} is for the layout alone: it is not escaped") }
                    parts += [.text(before), .markup(tag.name)]
                    isAtLineStart = false
                case .value:
                    parts += [.text(before), .value(tag.name)]
                    isAtLineStart = false
                default:
                    parts.append(.text(standalone(before)))
                    parts += try inner(of: tag, line: tagLine)
                }
            }
            if let section {
                throw SyntaxError(line: section.line, reason: "{{\(section.tag.kind.rawValue)\(section.tag.name)}} is not closed")
            }
            parts.append(.text(rest))
            return parts
        }

        /// What stands for a section, a block or a partial, up to its end.
        private mutating func inner(of tag: Tag, line: Int) throws(SyntaxError) -> [Part] {
            switch tag.kind {
            case .comment: return []
            case .partial: return try partial(tag.name, line: line)
            case .parent:
                let content = try parts(of: (tag, line))
                return try partial(tag.name, line: line, blocks: Part.blocks(in: content))
            case .block: return [.block(tag.name, try parts(of: (tag, line)))]
            case .inverted: return [.inverted(tag.name, try parts(of: (tag, line)))]
            default: return [.section(tag.name, try parts(of: (tag, line)))]
            }
        }

        /// The parts of a partial, its blocks filled with these.
        private func partial(_ name: Substring, line: Int, blocks: [Substring: [Part]] = [:]) throws(SyntaxError) -> [Part] {
            guard let text = partials[String(name)] else { throw SyntaxError(line: line, reason: "there is no partial \(name)") }
            guard !including.contains(name) else { throw SyntaxError(line: line, reason: "the partial \(name) includes itself") }
            var parser = Parser(text, isLayout: isLayout, partials: partials, including: including + [name])
            let parts: [Part]
            do {
                parts = try parser.parts(of: nil)
            } catch {
                throw SyntaxError(line: line, reason: "the partial \(name), line \(error.line): \(error.reason)")
            }
            let known = Part.blockNames(in: parts)
            if let stranger = blocks.keys.first(where: { !known.contains($0) }) {
                throw SyntaxError(line: line, reason: "the partial \(name) has no block \(stranger)")
            }
            return Part.filled(parts, with: blocks)
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

        struct Tag {
            let kind: Kind
            let name: Substring

            /// By its sign; a value has none, or is the `.` itself.
            enum Kind: Character {
                case value = "."
                case section = "#"
                case inverted = "^"
                case closing = "/"
                case comment = "!"
                case markup = "{"
                case partial = ">"
                case parent = "<"
                case block = "$"
            }
        }

        private mutating func tag() throws(SyntaxError) -> Tag {
            var inner = rest.dropFirst(2)
            if let sign = inner.first, "&=%".contains(sign) { throw SyntaxError(line: line, reason: "{{\(sign)…}} is not known") }
            let kind = inner.first.flatMap { Tag.Kind(rawValue: $0) } ?? .value
            if kind != .value { inner = inner.dropFirst() }
            guard let end = inner.firstRange(of: kind == .markup ? "}}}" : "}}") else {
                throw SyntaxError(line: line, reason: "a tag is not closed")
            }
            let words = inner[..<end.lowerBound].split(whereSeparator: \.isWhitespace)
            guard kind == .comment || (words.count == 1 && !words[0].contains { "{}".contains($0) }) else {
                throw SyntaxError(line: line, reason: "{{\(inner[..<end.lowerBound])}} is no name")
            }
            line += rest[..<end.lowerBound].count(where: \.isNewline)
            rest = rest[end.upperBound...]
            return Tag(kind: kind, name: words.first ?? "")
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

extension Template.Part {
    /// The blocks that a `{{< name}}` gives; what stands between them is dropped.
    fileprivate static func blocks(in parts: [Self]) -> [Substring: [Self]] {
        var blocks: [Substring: [Self]] = [:]
        for case .block(let name, let parts) in parts { blocks[name] = parts }
        return blocks
    }

    fileprivate static func blockNames(in parts: [Self]) -> Set<Substring> {
        parts.reduce(into: []) { names, part in
            switch part {
            case .block(let name, let parts): names.formUnion(blockNames(in: parts).union([name]))
            case .section(_, let parts), .inverted(_, let parts): names.formUnion(blockNames(in: parts))
            case .text, .value, .markup: break
            }
        }
    }

    /// The parts with these blocks in the place of their own.
    fileprivate static func filled(_ parts: [Self], with blocks: [Substring: [Self]]) -> [Self] {
        guard !blocks.isEmpty else { return parts }
        return parts.flatMap { part -> [Self] in
            switch part {
            case .block(let name, let parts): blocks[name] ?? [.block(name, filled(parts, with: blocks))]
            case .section(let name, let parts): [.section(name, filled(parts, with: blocks))]
            case .inverted(let name, let parts): [.inverted(name, filled(parts, with: blocks))]
            case .text, .value, .markup: [part]
            }
        }
    }
}
