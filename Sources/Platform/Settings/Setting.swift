import FoundationEssentials
import Glibc

/// A setting: an environment variable, its meaning and its default. Declared once, beside the code that it is for; the
/// service's `--help`, `.env.example`, the README and the code that reads it use this declaration.
public struct Setting<Value: Sendable>: Sendable {
    /// Its description for people.
    public let description: SettingDescription
    /// Parses the text of the variable.
    /// - Throws: ``SettingProblem`` with the expected form.
    let parse: @Sendable (String) throws(SettingProblem) -> Value

    /// The environment variable.
    var name: String { description.name }
}

/// What is wrong with a value; it is printed after the setting's name.
struct SettingProblem: Error {
    let text: String
}

extension Setting where Value == String {
    /// A text.
    public static func text(_ name: String, _ meaning: String, _ presence: SettingDescription.Presence = .required) -> Self {
        Self(description: SettingDescription(name, presence, meaning)) { $0 }
    }

    /// A secret: given itself, or in the file that `NAME_FILE` names, and never shown.
    public static func secret(_ name: String, _ meaning: String, _ presence: SettingDescription.Presence = .required) -> Self {
        Self(description: SettingDescription(name, presence, meaning, isSecret: true)) { $0 }
    }

    /// An http or https address, without a slash at its end.
    public static func url(_ name: String, _ meaning: String, _ presence: SettingDescription.Presence = .required) -> Self {
        Self(description: SettingDescription(name, presence, meaning)) { text throws(SettingProblem) in
            guard let url = URL(string: text), url.scheme == "http" || url.scheme == "https", url.host()?.isEmpty == false else {
                throw SettingProblem(text: "is \"\(text)\", but must be an http:// or https:// address")
            }
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
    }

    /// The absolute path of a folder, which is not the root of the file system.
    public static func folder(_ name: String, _ meaning: String) -> Self {
        Self(description: SettingDescription(name, .optional, meaning)) { text throws(SettingProblem) in
            let parts = text.split(separator: "/").filter { $0 != "." }
            guard text.hasPrefix("/"), !parts.isEmpty, !parts.contains("..") else {
                throw SettingProblem(text: "is \"\(text)\", but must be the absolute path of a folder, and not /")
            }
            return "/" + parts.joined(separator: "/")
        }
    }

    /// The IP address of this machine to listen on: `127.0.0.1`, `0.0.0.0` (reachable from other machines), `::` …
    public static func address(_ name: String, default standard: String, _ meaning: String) -> Self {
        Self(description: SettingDescription(name, .standard(standard), meaning)) { text throws(SettingProblem) in
            var bytes = in6_addr()
            guard inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1 else {
                throw SettingProblem(text: "is \"\(text)\", but must be an IP address of this machine, 127.0.0.1 or 0.0.0.0 say")
            }
            return text
        }
    }
}

extension Setting where Value == Int {
    /// A whole number within a range.
    public static func integer(_ name: String, default standard: Int? = nil, in range: ClosedRange<Int>, _ meaning: String) -> Self {
        let values = "\(range.lowerBound) to \(range.upperBound)"
        return Self(description: SettingDescription(name, standard.map { .standard("\($0)") } ?? .optional, meaning, values: values)) {
            text throws(SettingProblem) in
            guard let value = Int(text), range.contains(value) else {
                throw SettingProblem(text: "is \"\(text)\", but must be a whole number from \(values)")
            }
            return value
        }
    }
}

extension Setting where Value == [String] {
    /// A comma-separated list; white space is ignored.
    public static func list(_ name: String, _ meaning: String) -> Self {
        Self(description: SettingDescription(name, .standard(""), meaning, values: "a, b, …")) { text in
            text.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }.filter { !$0.isEmpty }
        }
    }
}

extension Setting where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the cases of an enumeration.
    public static func choice(_ name: String, default standard: Value, _ meaning: String) -> Self {
        let names = Value.allCases.map(\.rawValue)
        return Self(
            description: SettingDescription(name, .standard(standard.rawValue), meaning, values: names.joined(separator: ", "))
        ) { text throws(SettingProblem) in
            guard let value = Value(rawValue: text) else {
                throw SettingProblem(text: "is \"\(text)\", but must be one of \(names.joined(separator: ", "))")
            }
            return value
        }
    }
}
