/// A text with placeholders, in the subset of Mustache that mails need (mustache(5),
/// https://mustache.github.io/mustache.5.html):
/// `{{name}}`, `{{#name}}…{{/name}}` for a value that is not empty or for each item of a list, `{{^name}}…{{/name}}`
/// for one that is empty, `{{.}}` for the text of the section, and `{{! a comment }}`; of the partials beside the layout
/// `{{> name}}` includes one, and `{{< name}}{{$block}}…{{/block}}{{/name}}` includes it with other text for its blocks
/// `{{$block}}…{{/block}}`. A tag that has a line to itself leaves no line in the output, except that of a value.
struct Template: Sendable {
    /// The value of a name.
    enum Value: Sendable {
        case text(String)
        case list([[String: Value]])
    }

    /// How values are escaped.
    enum Escaping: Sendable {
        case none
        case html
    }

    /// Where a template does not parse, and why.
    struct SyntaxError: Error, Equatable {
        /// From 1.
        let line: Int
        let reason: String
    }

    /// A name without a value, or `.` outside of a text section.
    struct MissingValue: Error, Equatable {
        let name: String
    }

    indirect enum Part: Sendable {
        case text(Substring)
        case value(Substring)
        case markup(Substring)
        case section(Substring, [Part])
        case inverted(Substring, [Part])
        /// What a `{{< name}}` around can replace.
        case block(Substring, [Part])
    }

    private let parts: [Part]
    private let escaping: Escaping

    /// Parses a template. `{{{name}}}` inserts markup unescaped and is accepted in a layout alone: in a mail, a fact
    /// could inject HTML.
    /// - Parameter partials: The texts that it can include, by name.
    init(_ text: some StringProtocol, escaping: Escaping, isLayout: Bool = false, partials: [String: String] = [:]) throws(SyntaxError) {
        var parser = Parser(text, isLayout: isLayout, partials: partials)
        parts = try parser.parts(of: nil)
        self.escaping = escaping
    }

    /// Every name that it uses, at any depth.
    var names: Set<String> { Self.names(parts) }

    private static func names(_ parts: [Part]) -> Set<String> {
        parts.reduce(into: []) { names, part in
            switch part {
            case .text: break
            case .value(let name), .markup(let name): names.insert(String(name))
            case .section(let name, let parts), .inverted(let name, let parts): names.formUnion(Self.names(parts).union([String(name)]))
            case .block(_, let parts): names.formUnion(Self.names(parts))
            }
        }
    }

    /// Renders the text with these values.
    func render(_ values: [String: Value]) throws(MissingValue) -> String {
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
            case .block(_, let parts): try write(parts, values, item: item, to: &output)
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
