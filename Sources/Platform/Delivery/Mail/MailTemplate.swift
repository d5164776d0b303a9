/// One mail in one language.
struct MailTemplate: Sendable {
    private let name: String
    private let code: String
    private let language: MailLanguage
    private let layout: Template
    private let subject: Template
    private let text: Template
    private let html: Template

    /// A rendered mail.
    struct Rendered: Sendable, Equatable {
        let subject: String
        let text: String
        let html: String
    }

    init(_ file: String, path: String, code: String, language: MailLanguage, layout: Template) throws(ConfigurationError) {
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
        func parse(_ part: ArraySlice<Substring>, from column: Int = 0, _ escaping: Template.Escaping) throws(ConfigurationError) -> Template {
            do {
                return try Template(part.map { $0.dropFirst(column) }.joined(separator: "\n"), escaping: escaping)
            } catch {
                throw ConfigurationError(path, "does not parse: line \(part.startIndex + error.line): \(error.reason)")
            }
        }
        self.name = path.fileName
        self.code = code
        self.language = language
        self.layout = layout
        self.subject = try parse(head[...], from: "Subject: ".count, .none)
        self.text = try parse(parts[1], .none)
        self.html = try parse(parts[2], .html)
    }

    /// Renders the mail with these facts.
    /// - Throws: ``MailFactError`` for a fact that the template names but that is missing or invalid.
    func rendered(_ facts: [String: MailFact], name: String, frontend: String) throws(MailFactError) -> Rendered {
        var facts = facts
        facts["name"] = .text(name)
        facts["frontend"] = .text(frontend)
        let values = try MailFact.values(of: facts, in: language)
        do {
            let subject = try subject.render(values).oneLine
            let content = try html.render(values)
            return Rendered(
                subject: subject, text: try text.render(values),
                html: try layout.render([
                    "language": .text(code), "frontend": .text(frontend), "subject": .text(subject), "content": .text(content),
                ]))
        } catch {
            throw MailFactError(description: "\(self.name) names the fact \(error.name), which is not given")
        }
    }
}

extension String {
    /// On one line: a run of blanks and control characters becomes one space.
    var oneLine: String { split { $0.isWhitespace || $0.isNewline || $0.unicodeScalars.allSatisfy { $0.value < 0x20 } }.joined(separator: " ") }
}
