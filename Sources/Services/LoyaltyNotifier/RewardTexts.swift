import Contracts
import FoundationEssentials
import Platform

/// The texts of the push, by language. A language is a file `Languages/<code>.json` with `title` and `body`; adding one
/// needs no code. `{tickets}` and `{rides}` stand for the number of free tickets and of the rides that they reward.
struct RewardTexts: Sendable {
    /// Title and body in one language.
    struct Text: Decodable, Sendable, Equatable {
        let title: String
        let body: String

        /// The text with the numbers for this many milestones filled in.
        func filled(milestones: Int) -> Text {
            let numbers = ["{tickets}": milestones * RewardPolicy.freeTickets, "{rides}": milestones * RewardPolicy.interval]
            func fill(_ text: String) -> String { numbers.reduce(text) { $0.replacing($1.key, with: "\($1.value)") } }
            return Text(title: fill(title), body: fill(body))
        }
    }

    /// The language of users for whose language there is no text.
    static let standard = "en-us"

    private let texts: [String: Text]
    private let fallback: Text

    /// The texts that are compiled in.
    static func embedded() throws(ConfigurationError) -> RewardTexts { try RewardTexts(Embedded.files) }

    /// Texts from files; the file's name without its suffix is the language.
    init(_ files: [(path: String, text: String)]) throws(ConfigurationError) {
        var texts: [String: Text] = [:]
        for file in files {
            let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
            guard let text = try? WireCoding.decodeJSON(Text.self, from: Array(file.text.utf8)[...]) else {
                throw ConfigurationError(file.path, "is not a JSON object with title and body")
            }
            guard "\(text.title) \(text.body)".contains("{tickets}") else { throw ConfigurationError(file.path, "does not say {tickets}") }
            texts[String(name.dropLast(".json".count)).lowercased()] = text
        }
        guard let fallback = texts[Self.standard] else { throw ConfigurationError("Languages/\(Self.standard).json", "is missing") }
        self.texts = texts
        self.fallback = fallback
    }

    /// The text for a user's language, and the language of the text: an exact match (`es-mx`), the one without region
    /// (`es`), or the standard.
    func text(for language: String?) -> (language: String, text: Text) {
        let wanted = (language ?? Self.standard).lowercased().replacing("_", with: "-")
        if let text = texts[wanted] { return (wanted, text) }
        let base = String(wanted.prefix { $0 != "-" })
        if let text = texts[base] { return (base, text) }
        return (Self.standard, fallback)
    }
}
