/// What people are told about a setting.
public struct SettingDescription: Sendable, Hashable {
    /// Whether it has to be given.
    public enum Presence: Sendable, Hashable {
        /// The process ends at once without it.
        case required
        /// What it is for is left out without it.
        case optional
        /// It has this value without.
        case standard(String)
    }

    /// The environment variable.
    public let name: String
    /// Whether it has to be given, and what it is otherwise.
    public let presence: Presence
    /// One line: what it is, with its unit.
    public let meaning: String
    /// Which values there are, when that is not plain from the meaning.
    public let values: String?
    /// Whether it can be given by the file that `NAME_FILE` names, and is never shown.
    public let isSecret: Bool

    /// Describes a setting.
    public init(_ name: String, _ presence: Presence, _ meaning: String, values: String? = nil, isSecret: Bool = false) {
        self.name = name
        self.presence = presence
        self.meaning = meaning
        self.values = values
        self.isSecret = isSecret
    }

    /// What it means, its values, and how a secret is given.
    public var explanation: String {
        var text = meaning
        if let values { text += " (\(values))" }
        if isSecret { text += "; a secret: \(name)_FILE names a file with it" }
        return text
    }

    /// One line for a person who asked for help.
    package var help: String {
        let otherwise =
            switch presence {
            case .required: "required"
            case .optional: "by default none"
            case .standard(let text): "by default \(text.isEmpty ? "none" : text)"
            }
        return "  \(name)\(isSecret ? ", secret" : ""): \(meaning)\(values.map { " (\($0))" } ?? ""); \(otherwise)"
    }
}
