/// All mails of a service: files `<template>.<language>.mustache`, parsed once at the start. Those of `Templates/` beside
/// this file, alerts, belong to every service.
///
/// A file has three parts with a line `---` between: the head (``MailHead``), the plain text, and the HTML; the last two
/// are put into the common layout.
public struct MailTemplates: Sendable {
    /// The language for users whose own language a template does not have.
    static let standardLanguage = "en"

    private let templates: [String: [String: MailTemplate]]

    /// Parses the templates among these files; files that do not end in `.mustache` are ignored.
    /// - Throws: ``ConfigurationError`` that names the file which does not parse or lacks a part, or the template
    ///   without an English version.
    public init(_ files: [(path: String, text: String)]) throws(ConfigurationError) {
        let languages = try MailLanguage.embedded()
        let layout = try MailLayout.embedded()
        var templates: [String: [String: MailTemplate]] = [:]
        let common = Embedded.files.filter { $0.path.contains("/Templates/") }
        for file in common + files where file.path.hasSuffix(".mustache") {
            let parts = file.path.fileName.split(separator: ".").map(String.init)
            guard parts.count == 3 else { throw ConfigurationError(file.path, "must be named <template>.<language>.mustache") }
            let (name, code) = (parts[0], parts[1].lowercased())
            guard let language = languages[code] ?? languages[code.baseLanguage] else {
                throw ConfigurationError(file.path, "is in a language of which Platform has no file Delivery/Mail/Languages/\(code).json")
            }
            templates[name, default: [:]][code] = try MailTemplate(file.text, path: file.path, code: code, language: language, layout: layout)
        }
        for (name, translations) in templates.sorted(by: { $0.key < $1.key }) where translations[Self.standardLanguage] == nil {
            throw ConfigurationError("\(name).\(Self.standardLanguage).mustache", "is missing: every mail has an English version")
        }
        self.templates = templates
    }

    /// The template for a user's language: exactly that one (`es-mx`), the one without region (`es`), or English; nil
    /// when there is no template of this name.
    func template(_ name: String, for language: String?) -> MailTemplate? {
        guard let translations = templates[name] else { return nil }
        let wanted = (language ?? Self.standardLanguage).lowercased().replacing("_", with: "-")
        return translations[wanted] ?? translations[wanted.baseLanguage] ?? translations[Self.standardLanguage]
    }

    /// The templates by name, each with the codes of its languages.
    public var languages: [String: [String]] { templates.mapValues { $0.keys.sorted() } }

    /// A mail as its recipient would read it.
    /// - Parameters:
    ///   - name: The template, without language.
    ///   - language: The recipient's language.
    ///   - frontend: The URL of the web shop.
    /// - Returns: nil when there is no template of this name.
    /// - Throws: An error that names the fact which is missing or invalid.
    public func rendered(_ name: String, in language: String, facts: [String: MailFact], for recipient: String, frontend: String) throws
        -> RenderedMail?
    {
        try template(name, for: language)?.rendered(facts, name: recipient.oneLine, frontend: frontend)
    }
}

extension String {
    /// `es` of `es-mx`.
    fileprivate var baseLanguage: String { String(prefix { $0 != "-" }) }
}
