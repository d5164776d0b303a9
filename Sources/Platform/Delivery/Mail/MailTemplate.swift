/// One mail in one language.
struct MailTemplate: Sendable {
    private let name: String
    private let code: String
    private let language: MailLanguage
    private let layout: MailLayout
    private let head: MailHead
    private let text: Template
    private let html: Template

    init(_ file: String, path: String, code: String, language: MailLanguage, layout: MailLayout) throws(ConfigurationError) {
        let lines = file.split(separator: "\n", omittingEmptySubsequences: false)
        let parts = lines.split(omittingEmptySubsequences: false) { $0 == "---" }
        guard parts.count == 3 else {
            throw ConfigurationError(path, "has \(parts.count) of the 3 parts: subject, text and HTML, with a line --- between")
        }
        guard parts[1...].allSatisfy({ $0.contains { !$0.isEmpty } }) else { throw ConfigurationError(path, "has an empty part") }
        func parse(_ part: ArraySlice<Substring>, _ escaping: Template.Escaping) throws(ConfigurationError) -> Template {
            do {
                return try Template(part.joined(separator: "\n"), escaping: escaping, partials: escaping == .html ? layout.partials : [:])
            } catch {
                throw ConfigurationError(path, "does not parse: line \(part.startIndex + error.line): \(error.reason)")
            }
        }
        self.name = path.fileName
        self.code = code
        self.language = language
        self.layout = layout
        self.head = try MailHead(parts[0], path: path)
        self.text = try parse(parts[1], .none)
        self.html = try parse(parts[2], .html)
    }

    /// The facts that it names, at any depth of lists, beside those that every mail has.
    var factNames: Set<String> {
        head.names.union(text.names).union(html.names).subtracting([".", "name", "frontend"])
    }

    /// Which lines its head has, besides the subject.
    var headLines: Set<MailHead.Line> { head.lines }

    /// Renders the mail with these facts.
    /// - Throws: ``MailFactError`` for a fact that the template names but that is missing or invalid.
    func rendered(_ facts: [String: MailFact], name: String, frontend: String) throws(MailFactError) -> RenderedMail {
        var facts = facts
        facts["name"] = .text(name)
        facts["frontend"] = .text(frontend)
        var mail = try rendered(facts, frontend: frontend, limits: .none)
        for limits in MailTextLimits.steps where MailTextLimits.areExceeded(by: mail.html) {
            mail = try rendered(facts, frontend: frontend, limits: limits)
        }
        return mail
    }

    private func rendered(_ facts: [String: MailFact], frontend: String, limits: MailTextLimits) throws(MailFactError) -> RenderedMail {
        let values = try MailFact.values(of: facts, in: language, limits: limits)
        do {
            let subject = try head.subject.render(values).oneLine
            var frame: [String: Template.Value] = [
                "language": .text(code), "frontend": .text(frontend), "subject": .text(subject), "unsubscribeLabel": .text(language.unsubscribe),
            ]
            for line in MailHead.Line.allCases { frame[line.fact] = .text(try head.text(of: line, values)) }
            let content = (text: try text.render(values), html: try html.render(values))
            return RenderedMail(
                subject: subject, text: try layout.text.render(frame.merging(["content": .text(content.text)]) { $1 }).withSingleBlankLines,
                html: try layout.html.render(frame.merging(["content": .text(content.html)]) { $1 }))
        } catch {
            throw MailFactError(description: "\(name) names the fact \(error.name), which is not given")
        }
    }
}

extension String {
    /// On one line: a run of blanks and control characters becomes one space.
    var oneLine: String {
        if isOneLine { return self }
        return split { $0.isWhitespace || $0.isNewline || $0.unicodeScalars.allSatisfy { $0.value < 0x20 } }.joined(separator: " ")
    }

    /// Whether it is on one line already, as nearly all are, told by bytes alone. Blanks beyond ASCII begin with one of
    /// four bytes; a text with three of them, Japanese say, is looked at in full.
    private var isOneLine: Bool {
        var previous = UInt8(ascii: " ")
        for byte in utf8 {
            switch byte {
            case 0..<0x20, 0xE1, 0xE2, 0xE3: return false
            case 0x20 where previous == 0x20: return false
            case 0x85 where previous == 0xC2, 0xA0 where previous == 0xC2: return false
            default: previous = byte
            }
        }
        return previous != 0x20
    }

    /// Without blank lines at the beginning and the end, and with one instead of several: sections that are left out
    /// leave the blank lines around them.
    fileprivate var withSingleBlankLines: String {
        var lines: [Substring.UTF8View] = []
        for line in utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        where !line.isBlank || lines.last?.isBlank == false { lines.append(line) }
        if lines.last?.isBlank == true { lines.removeLast() }
        return lines.reduce(into: "") { text, line in
            if !line.isBlank { text += Substring(line) }
            text += "\n"
        }
    }
}

extension Substring.UTF8View {
    fileprivate var isBlank: Bool { allSatisfy { " \t\r".utf8.contains($0) } }
}
