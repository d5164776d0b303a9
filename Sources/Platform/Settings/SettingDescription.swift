/// The description of a setting for people.
public struct SettingDescription: Sendable, Hashable {
    /// Whether it must be set.
    public enum Presence: Sendable, Hashable {
        /// The process ends at once when it is not set.
        case required
        /// Without it, the feature that it configures is off.
        case optional
        /// It has this default.
        case standard(String)
    }

    /// The environment variable.
    public let name: String
    /// Whether it must be set, and its default.
    public let presence: Presence
    /// Its meaning in one line, with its unit.
    public let meaning: String
    /// The possible values, unless the meaning says them.
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

    /// Its meaning, its values, and how a secret is set.
    public var explanation: String {
        var text = meaning
        if let values { text += " (\(values))" }
        if isSecret { text += "; a secret: \(name)_FILE names a file with it" }
        return text
    }

    /// One line of `--help`.
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
