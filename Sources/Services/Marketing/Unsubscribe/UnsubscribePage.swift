import Contracts
import Digests
import FoundationEssentials
import Platform

/// Renders the page on which customers unsubscribe: one form without a script, in English or Spanish.
struct UnsubscribePage: Sendable {
    /// A page without a form.
    enum Message: String, Sendable {
        /// The link is not ours, or is cut.
        case invalid
        /// The database does not answer.
        case later
        /// The form lacks a choice.
        case incomplete
    }

    private let template: Template
    private let style: String
    /// The texts of each language, by name.
    private let texts: [String: [String: String]]
    private let headers: [(name: String, value: String)]
    private static let standardLanguage = "en"

    /// Reads the files of `Unsubscribe/Page`.
    /// - Throws: ``ConfigurationError`` that names the file which cannot be used.
    init(_ files: [(path: String, text: String)]) throws(ConfigurationError) {
        let files = files.filter { $0.path.contains("Page/") }
        func text(_ name: String) throws(ConfigurationError) -> String {
            guard let file = files.first(where: { $0.path.hasSuffix("Page/\(name)") }) else { throw ConfigurationError(name, "is missing") }
            return file.text
        }
        style = try text("page.css")
        do {
            template = try Template(try text("page.html"), escaping: .html, isLayout: true)
        } catch let error as Template.SyntaxError {
            throw ConfigurationError("page.html", "does not parse: line \(error.line): \(error.reason)")
        } catch {
            throw ConfigurationError("page.html", "\(error)")
        }
        var texts: [String: [String: String]] = [:]
        for file in files where file.path.hasSuffix(".json") {
            let language = String(file.path.split(separator: "/").last?.dropLast(".json".utf8.count) ?? "")
            do {
                texts[language] = try WireCoding.decodeJSON([String: String].self, from: Array(file.text.utf8)[...])
            } catch {
                throw ConfigurationError(file.path, "cannot be used: \(error)")
            }
        }
        self.texts = texts
        let hash = Data(Digest.sha256(Array(style.utf8))).base64EncodedString()
        headers = [
            ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff"), ("X-Robots-Tag", "noindex"),
            (
                "Content-Security-Policy",
                "default-src 'none'; style-src 'sha256-\(hash)'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            ),
        ]
        let customer = SubscriptionStore.Customer(
            language: nil, isSubscribedAtShop: true, preferences: SubscriptionPreferences(off: [.newsletter]))
        let pages = [
            preferences(of: customer, UnsubscribeToken(user: 1, scope: .promotions), "", done: nil, accepts: []),
            message(.later, status: 503, accepts: []),
        ]
        guard pages.allSatisfy({ !$0.body.isEmpty }) else { throw ConfigurationError("page.html", "names a value that a page does not have") }
    }

    /// The page with the forms.
    /// - Parameters:
    ///   - text: The token as the link has it.
    ///   - done: The change that the customer has just made; nil on the first view.
    ///   - accepts: The languages of the browser, for a customer without one.
    func preferences(
        of customer: SubscriptionStore.Customer, _ token: UnsubscribeToken, _ text: String,
        done: (change: SubscriptionPreferences.Change, scope: SubscriptionScope)?, accepts: [String]
    ) -> WebResponse {
        let language = language([customer.language ?? ""] + accepts)
        let words = Words(texts[language] ?? [:])
        let preferences = customer.preferences
        let choices = SubscriptionScope.allCases.filter { !preferences.isOff($0) && !(isOffAtShop($0, customer)) }
        let chosen = choices.contains(token.scope) ? token.scope : choices.first
        let off = SubscriptionPreferences.lists.filter { preferences.isOff($0) || isOffAtShop($0, customer) }
        let mayComeBack = off.filter(preferences.isOff)
        return response(
            200, language, words,
            [
                "heading": .text(words[choices.isEmpty ? "heading.none" : done == nil ? "heading" : "heading.done"]),
                "notice": .text(done.map { words["done.\($0.change.rawValue).\($0.scope.rawValue)"] } ?? ""),
                "intro": .text(choices.isEmpty ? "" : words["intro"]),
                "token": .text(text),
                "hasChoices": .text(choices.isEmpty ? "" : "yes"),
                "choices": .list(
                    choices.map { scope in
                        [
                            "scope": .text(scope.rawValue), "label": .text(words["list.\(scope.rawValue)"]),
                            "hint": .text(words["hint.\(scope.rawValue)"]), "checked": .text(scope == chosen ? "yes" : ""),
                        ]
                    }),
                "hasOff": .text(off.isEmpty ? "" : "yes"),
                "off": .list(
                    off.map { scope in
                        [
                            "scope": .text(scope.rawValue), "label": .text(words["list.\(scope.rawValue)"]),
                            "again": .text(mayComeBack.contains(scope) ? words["again"] : ""),
                            "account": .text(mayComeBack.contains(scope) ? "" : words["account"]),
                        ]
                    }),
            ])
    }

    /// A page that says one thing.
    func message(_ message: Message, status: Int, accepts: [String]) -> WebResponse {
        let language = language(accepts)
        let words = Words(texts[language] ?? [:])
        return response(
            status, language, words,
            [
                "heading": .text(words["\(message.rawValue).heading"]), "notice": .text(""), "intro": .text(words["\(message.rawValue).text"]),
                "token": .text(""), "hasChoices": .text(""), "choices": .list([]), "hasOff": .text(""), "off": .list([]),
            ])
    }

    private func isOffAtShop(_ scope: SubscriptionScope, _ customer: SubscriptionStore.Customer) -> Bool {
        scope == .newsletter && !customer.isSubscribedAtShop
    }

    private func response(_ status: Int, _ language: String, _ words: Words, _ values: [String: Template.Value]) -> WebResponse {
        var values = values
        values["language"] = .text(language)
        values["style"] = .text(style)
        for name in ["title", "unsubscribe", "offHeading", "choose"] { values[name] = .text(words[name]) }
        // `init` has rendered both kinds of page.
        let body = (try? template.render(values)) ?? ""
        return WebResponse(status, type: "text/html; charset=utf-8", headers: headers + [("Content-Language", language)], body: body)
    }

    /// The first of these languages that there are texts in.
    private func language(_ wanted: [String]) -> String {
        for tag in wanted {
            let base = String(tag.lowercased().prefix { $0 != "-" && $0 != "_" })
            if texts[base] != nil { return base }
        }
        return Self.standardLanguage
    }

    /// The texts of one language.
    private struct Words {
        private let texts: [String: String]

        init(_ texts: [String: String]) { self.texts = texts }

        subscript(name: String) -> String { texts[name] ?? "" }
    }
}
