import Contracts
import Platform

/// The pages as templates, one set for each language: the words are put in once, so that a missing one shows at the start
/// of the process and not to an operator.
struct PageViews: Sendable {
    static let standardLanguage = "en"

    private let templates: [String: [String: Template]]
    private let words: [String: [String: String]]

    /// The languages that there are.
    var languages: [String] { words.keys.sorted() }

    /// Reads the files of `Pages/Views`.
    /// - Throws: ``ConfigurationError`` that names the file which cannot be used.
    init(_ files: [(path: String, text: String)]) throws(ConfigurationError) {
        var words: [String: [String: String]] = [:]
        for file in files where file.path.hasSuffix(".json") {
            do {
                words[Self.name(of: file.path)] = try WireCoding.decodeJSON([String: String].self, from: Array(file.text.utf8)[...])
            } catch {
                throw ConfigurationError(file.path, "cannot be used: \(error)")
            }
        }
        var templates: [String: [String: Template]] = [:]
        for (language, known) in words {
            var texts: [String: String] = [:]
            for file in files where file.path.hasSuffix(".html") { texts[Self.name(of: file.path)] = try Self.translated(file, known, language) }
            var views: [String: Template] = [:]
            for (name, text) in texts {
                do {
                    views[name] = try Template(text, escaping: .html, partials: texts)
                } catch {
                    throw ConfigurationError("\(name).html", "does not parse: line \(error.line): \(error.reason)")
                }
            }
            templates[language] = views
        }
        self.templates = templates
        self.words = words
    }

    /// The HTML of a page.
    /// - Throws: an error that names the value which the page does not have.
    func render(_ view: String, _ language: String, _ values: [String: Template.Value]) throws -> String {
        guard let template = templates[language]?[view] else { throw NoView(name: view) }
        return try template.render(values)
    }

    /// A word or sentence, with `{n}` and its like filled in.
    func word(_ name: String, _ language: String, _ values: [String: String] = [:]) -> String {
        let text = words[language]?[name] ?? words[Self.standardLanguage]?[name] ?? name
        return values.reduce(text) { $0.replacing("{\($1.key)}", with: $1.value) }
    }

    /// The first of these languages that there are words in.
    func language(_ wanted: [String]) -> String {
        for tag in wanted {
            let base = String(tag.lowercased().prefix { $0 != "-" && $0 != "_" })
            if words[base] != nil { return base }
        }
        return Self.standardLanguage
    }

    private struct NoView: Error, CustomStringConvertible {
        let name: String
        var description: String { "there is no view \(name)" }
    }

    /// The template with the words of a language in the place of `{{t.name}}`.
    private static func translated(
        _ file: (path: String, text: String), _ words: [String: String], _ language: String
    ) throws(ConfigurationError) -> String {
        var (result, rest) = ("", file.text[...])
        while let open = rest.firstRange(of: "{{t.") {
            result += rest[..<open.lowerBound]
            rest = rest[open.upperBound...]
            guard let close = rest.firstRange(of: "}}") else { throw ConfigurationError(file.path, "has a word that is not closed") }
            let name = String(rest[..<close.lowerBound])
            guard let word = words[name] else { throw ConfigurationError(file.path, "uses the word \(name), which \(language).json does not have") }
            result += word
            rest = rest[close.upperBound...]
        }
        return result + rest
    }

    private static func name(of path: String) -> String {
        String(path.split(separator: "/").last?.prefix { $0 != "." } ?? "")
    }
}
