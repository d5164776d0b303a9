/// A node of a YAML document: its content and the line it begins on.
public struct YAMLNode: Sendable {
    /// What a node can be (YAML 1.2, 3.2.1.1).
    public enum Content: Sendable {
        /// A text as it is written. `isPlain` tells one without quotes, which alone can be a number, a boolean or null.
        case scalar(String, isPlain: Bool)
        /// A list.
        case sequence([YAMLNode])
        /// Keys and values in the order of the document; no key stands twice.
        case mapping([(key: YAMLNode, value: YAMLNode)])
    }

    /// What it is.
    public let content: Content
    /// From 1.
    public let line: Int

    /// The text of a scalar, whatever it could be read as; nil for a list or a mapping.
    public var string: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    /// The integer that a plain scalar is (decimal).
    public var int: Int? {
        if case .scalar(let text, true) = content { Int(text) } else { nil }
    }

    /// The boolean that a plain scalar is (core schema: `true` and `false` in three spellings each).
    public var bool: Bool? {
        guard case .scalar(let text, true) = content else { return nil }
        return switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    /// The items of a list.
    public var sequence: [YAMLNode]? {
        if case .sequence(let items) = content { items } else { nil }
    }

    /// The entries of a mapping, in the order of the document.
    public var mapping: [(key: YAMLNode, value: YAMLNode)]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    /// The value of a mapping's key; nil when this is no mapping or has no such key.
    public subscript(key: String) -> YAMLNode? { mapping?.first { $0.key.string == key }?.value }
}
