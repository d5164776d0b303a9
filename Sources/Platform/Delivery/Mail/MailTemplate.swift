import Mustache

/// One mail in one language.
struct MailTemplate: Sendable {
    private let name: String
    private let code: String
    private let language: MailLanguage
    private let layout: MustacheTemplate
    private let subject: MustacheTemplate
    private let text: MustacheTemplate
    private let html: MustacheTemplate

    /// A mail that is ready to go.
    struct Rendered: Sendable, Equatable {
        let subject: String
        let text: String
        let html: String
    }

    init(_ file: String, path: String, code: String, language: MailLanguage, layout: MustacheTemplate) throws(ConfigurationError) {
        let lines = file.split(separator: "\n", omittingEmptySubsequences: false)
        let parts = lines.split(omittingEmptySubsequences: false) { $0 == "---" }
        guard parts.count == 3 else {
            throw ConfigurationError(path, "has \(parts.count) of the 3 parts: subject, text and HTML, with a line --- between")
        }
        let head = parts[0].filter { !$0.isEmpty }
        guard head.count == 1, let subject = head.first, subject.hasPrefix("Subject: ") else {
            throw ConfigurationError(path, "must begin with one line Subject: …")
        }
        guard parts[1...].allSatisfy({ $0.contains { !$0.isEmpty } }) else { throw ConfigurationError(path, "has an empty part") }
        // What is not escaped would let a fact (the title of an event, say) write HTML.
        guard !file.contains("{{{"), !file.contains("{{&") else {
            throw ConfigurationError(path, "must not use {{{…}}} or {{&…}}: text is not escaped anyway and HTML must be")
        }
        func parse(_ part: String, _ lines: ArraySlice<Substring>, from column: Int = 0) throws(ConfigurationError) -> MustacheTemplate {
            let plain = part == "HTML" ? "" : "{{% CONTENT_TYPE:TEXT}}\n"
            do {
                return try MustacheTemplate(string: plain + lines.map { $0.dropFirst(column) }.joined(separator: "\n"))
            } catch let error as MustacheTemplate.ParserError {
                let line = lines.startIndex + error.context.lineNumber - (plain.isEmpty ? 0 : 1)
                throw ConfigurationError(path, "does not parse: \(error.error) in line \(line)")
            } catch {
                throw ConfigurationError(path, "does not parse: \(error)")
            }
        }
        self.name = path.fileName
        self.code = code
        self.language = language
        self.layout = layout
        self.subject = try parse("subject", parts[0].filter { !$0.isEmpty }[...], from: "Subject: ".count)
        self.text = try parse("text", parts[1])
        self.html = try parse("HTML", parts[2])
    }

    /// The mail with these facts.
    /// - Throws: ``MailFactError`` for a fact that is named but not given, or that has no such value.
    func rendered(_ facts: [String: MailFact], name: String, frontend: String) throws(MailFactError) -> Rendered {
        var facts = facts
        facts["name"] = .text(name)
        facts["frontend"] = .text(frontend)
        let missing = MailFacts.Missing()
        let values = try MailFacts(facts, language, missing)
        let subject = subject.render(values).oneLine
        let text = text.render(values)
        let content = html.render(values)
        if let fact = missing.first { throw MailFactError(description: "\(self.name) names the fact \(fact), which is not given") }
        let html = layout.render(["language": code, "frontend": frontend, "subject": subject, "content": content])
        return Rendered(subject: subject, text: text, html: html)
    }
}

extension String {
    /// On one line: a row of blanks and control characters becomes one space.
    var oneLine: String { split { $0.isWhitespace || $0.isNewline || $0.unicodeScalars.allSatisfy { $0.value < 0x20 } }.joined(separator: " ") }
}
