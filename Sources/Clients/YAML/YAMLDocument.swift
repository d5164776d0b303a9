import CYAML

/// YAML 1.1 and what 1.2 shares with it, read by LibYAML (https://pyyaml.org/wiki/LibYAML).
public enum YAMLDocument {
    /// The most nodes of one document and the deepest nesting: aliases of aliases make a few lines as large as one likes.
    private static let largest = 100_000
    private static let deepest = 64

    /// The root of the first document of a text; nil when the text holds none.
    /// - Throws: ``YAMLError`` for what is no YAML, for a key that stands twice in its mapping, and for a document that is too large.
    public static func parse(_ text: String) throws(YAMLError) -> YAMLNode? {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else { throw YAMLError(line: nil, key: nil, reason: "there is no memory to read it") }
        defer { yaml_parser_delete(&parser) }
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { return nil }
        // The parser keeps the pointer: it is used within this closure alone.
        let result: Result<YAMLNode?, YAMLError> = bytes.withUnsafeBufferPointer { input in
            yaml_parser_set_input_string(&parser, input.baseAddress, input.count)
            var document = yaml_document_t()
            guard yaml_parser_load(&parser, &document) == 1 else { return .failure(Self.error(of: parser)) }
            defer { yaml_document_delete(&document) }
            return Result { () throws(YAMLError) in
                guard yaml_document_get_root_node(&document) != nil else { return nil }
                var left = largest
                return try node(1, of: &document, depth: 0, left: &left)
            }
        }
        return try result.get()
    }

    private static func node(_ id: Int32, of document: inout yaml_document_t, depth: Int, left: inout Int) throws(YAMLError) -> YAMLNode {
        guard let node = yaml_document_get_node(&document, id)?.pointee else { throw YAMLError(line: nil, key: nil, reason: "a node is missing") }
        let line = Int(node.start_mark.line) + 1
        left -= 1
        guard left >= 0, depth <= deepest else { throw YAMLError(line: line, key: nil, reason: "the document is too large or too deep") }
        let content: YAMLNode.Content
        switch node.type {
        case YAML_SEQUENCE_NODE:
            var items: [YAMLNode] = []
            let ids = node.data.sequence.items
            for item in UnsafeBufferPointer(start: ids.start, count: ids.start.distance(to: ids.top)) {
                items.append(try self.node(item, of: &document, depth: depth + 1, left: &left))
            }
            content = .sequence(items)
        case YAML_MAPPING_NODE:
            var entries: [(key: YAMLNode, value: YAMLNode)] = []
            var keys: Set<String> = []
            let pairs = node.data.mapping.pairs
            for pair in UnsafeBufferPointer(start: pairs.start, count: pairs.start.distance(to: pairs.top)) {
                let key = try self.node(pair.key, of: &document, depth: depth + 1, left: &left)
                if let name = key.string, !keys.insert(name).inserted {
                    throw YAMLError(line: line, key: name, reason: "stands twice here; keep one of the two")
                }
                entries.append((key, try self.node(pair.value, of: &document, depth: depth + 1, left: &left)))
            }
            content = .mapping(entries)
        default:
            let scalar = node.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            content = .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
        }
        return YAMLNode(content: content, line: line)
    }

    private static func error(of parser: yaml_parser_t) -> YAMLError {
        let problem = parser.problem.map { String(cString: $0) } ?? "it cannot be read"
        // What is no UTF-8 or a control character has a place in bytes, and no line.
        guard parser.error != YAML_READER_ERROR else {
            return YAMLError(line: nil, key: nil, reason: "this is no YAML: \(problem) (byte \(parser.problem_offset))")
        }
        return YAMLError(line: Int(parser.problem_mark.line) + 1, key: nil, reason: "this is no YAML: \(problem)")
    }
}
