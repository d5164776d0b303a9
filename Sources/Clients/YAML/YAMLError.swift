/// Why a text is no YAML document that can be used.
public struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1; nil when it is not about one line.
    public let line: Int?
    /// The key it is about, where it is about one.
    public let key: String?
    /// What is wrong.
    public let reason: String

    /// One line for people.
    public var description: String { (line.map { "line \($0): " } ?? "") + (key.map { "\($0): " } ?? "") + reason }
}
