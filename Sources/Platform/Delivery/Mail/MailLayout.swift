/// What all mails have in common: the files beside this one that frame a mail's text and HTML, and the partials that its
/// HTML can include.
struct MailLayout: Sendable {
    /// `layout.html.mustache`, which gets the mail's HTML as `content`.
    let html: Template
    /// `layout.text.mustache`, which gets the mail's text as `content`.
    let text: Template
    /// `Partials/<name>.mustache`, by name.
    let partials: [String: String]

    /// The files that are compiled in.
    static func embedded() throws(ConfigurationError) -> MailLayout {
        let partials = Embedded.files.filter { $0.path.contains("/Partials/") }
            .map { (String($0.path.fileName.dropLast(".mustache".count)), $0.text) }
        return MailLayout(
            html: try layout("layout.html.mustache", escaping: .html), text: try layout("layout.text.mustache", escaping: .none),
            partials: Dictionary(partials) { $1 })
    }

    private static func layout(_ name: String, escaping: Template.Escaping) throws(ConfigurationError) -> Template {
        guard let file = Embedded.files.first(where: { $0.path.fileName == name }) else { throw ConfigurationError(name, "is missing") }
        do {
            return try Template(file.text, escaping: escaping, isLayout: true)
        } catch {
            throw ConfigurationError(file.path, "does not parse: line \(error.line): \(error.reason)")
        }
    }
}
