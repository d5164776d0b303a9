/// Data that breaks its contract: `data.userId is "x", but must be an integer of at least 1`. A retry cannot help.
public struct ContractViolation: Error, Equatable, CustomStringConvertible {
    /// Where: the member's path, beginning with `data`.
    public let path: String
    /// The value found, as JSON, cut when it is long; nil when the member is missing.
    public let found: String?
    /// The value expected.
    public let expected: String

    /// A violation at a path.
    public init(path: String, found: String?, expected: String) {
        self.path = path
        self.found = found
        self.expected = expected
    }

    /// A violation by the value with these bytes.
    init(path: String, found bytes: ArraySlice<UInt8>?, expected: String) {
        let limit = 80
        let text = bytes.map { String(decoding: $0.prefix(limit), as: UTF8.self) + ($0.count > limit ? "…" : "") }
        self.init(path: path, found: text, expected: expected)
    }

    /// One sentence: the path, the value found, the value expected.
    public var description: String { "\(path) is \(found ?? "missing"), but must be \(expected)" }
}
