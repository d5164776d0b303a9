/// The first part of a mail's template: a line `Subject: …`, and below it those of ``Line`` that it needs.
struct MailHead: Sendable {
    /// The line of the subject.
    let subject: Template
    private let others: [Line: Template]

    /// A line below the subject. Each is optional.
    enum Line: String, CaseIterable {
        /// What mail readers show beside the subject in the list of mails.
        case preheader = "Preheader"
        /// Why the recipient gets this mail; the end of the text and of the HTML.
        case footer = "Footer"
        /// The page on which the recipient can unsubscribe: a link below the footer.
        case unsubscribe = "Unsubscribe"

        /// Its name in the layouts.
        var fact: String { rawValue.lowercased() }
    }

    init(_ lines: ArraySlice<Substring>, path: String) throws(ConfigurationError) {
        let lines = lines.enumerated().filter { !$0.element.isEmpty }
        guard let first = lines.first, let subject = first.element.value(of: "Subject") else {
            throw ConfigurationError(path, "must begin with one line Subject: …")
        }
        func parse(_ text: Substring, line: Int) throws(ConfigurationError) -> Template {
            do {
                return try Template(text, escaping: .none)
            } catch {
                throw ConfigurationError(path, "does not parse: line \(line + 1): \(error.reason)")
            }
        }
        self.subject = try parse(subject, line: first.offset)
        var others: [Line: Template] = [:]
        for (offset, text) in lines.dropFirst() {
            guard let line = Line.allCases.first(where: { text.value(of: $0.rawValue) != nil }), others[line] == nil else {
                let known = Line.allCases.map { "\($0.rawValue): …" }.joined(separator: ", ")
                throw ConfigurationError(path, "has the line \(offset + 1) below its subject; there can be one each of \(known)")
            }
            others[line] = try parse(text.value(of: line.rawValue) ?? "", line: offset)
        }
        self.others = others
    }

    /// The lines that it has, besides the subject.
    var lines: Set<Line> { Set(others.keys) }

    /// Every name that it uses.
    var names: Set<String> { others.values.reduce(subject.names) { $0.union($1.names) } }

    /// The most characters of a preheader; mail readers show about a hundred.
    private static let preheaderLength = 160

    /// A line with these values; empty when the template does not have it.
    func text(of line: Line, _ values: [String: Template.Value]) throws(Template.MissingValue) -> String {
        guard let template = others[line] else { return "" }
        let text = try template.render(values).oneLine
        return line == .preheader && text.utf8.count > Self.preheaderLength
            ? MailTextLimits(characters: Self.preheaderLength, listCharacters: nil).cut(text) : text
    }
}

extension Substring {
    /// `x` of `Name: x`.
    fileprivate func value(of name: String) -> Substring? {
        hasPrefix("\(name): ") ? dropFirst(name.count + 2) : nil
    }
}
