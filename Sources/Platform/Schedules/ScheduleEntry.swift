import YAML

/// A mapping of the document whose keys are checked.
struct ScheduleEntry {
    private let node: YAMLNode

    init(_ node: YAMLNode, keys: [String]) throws(ScheduleFileError) {
        guard let mapping = node.mapping else {
            throw ScheduleFileError(line: node.line, key: nil, reason: "must have the keys \(keys.joined(separator: ", "))")
        }
        for (key, _) in mapping where !keys.contains(key.string ?? "") {
            throw ScheduleFileError(line: key.line, key: key.string, reason: "is unknown; the keys are \(keys.joined(separator: ", "))")
        }
        self.node = node
    }

    func node(_ key: String) -> YAMLNode? { node[key] }

    func line(_ key: String) -> Int { (node[key] ?? node).line }

    func error(_ key: String, _ reason: String) -> ScheduleFileError { ScheduleFileError(line: line(key), key: key, reason: reason) }

    /// The text of a key; nil when the key is not there.
    func text(_ key: String) throws(ScheduleFileError) -> String? {
        guard let node = node[key] else { return nil }
        guard let text = node.string, !text.isEmpty else { throw error(key, "must be a text; leave the key out or write one") }
        return text
    }

    func required(_ key: String) throws(ScheduleFileError) -> String {
        guard let text = try text(key) else { throw error(key, "is missing") }
        return text
    }
}
