import Testing

@testable import YAML

@Suite("YAML documents")
struct YAMLDocumentTests {
    @Test("A node has its content and its line; quotes make a text of what looks like a number")
    func nodes() throws {
        let root = try #require(
            try YAMLDocument.parse("a: 1\nb: '1'\nc: [true, ja, null]\nd:\n  e: |\n    two\n    lines\n  f: &x {g: –}\nh: *x\n"))
        #expect(root["a"]?.int == 1 && root["a"]?.string == "1" && root["a"]?.line == 1)
        #expect(root["b"]?.int == nil && root["b"]?.string == "1" && root["b"]?.line == 2)
        #expect(root["c"]?.sequence?.map(\.bool) == [true, nil, nil] && root["c"]?.sequence?.map(\.string) == ["true", "ja", "null"])
        #expect(root["d"]?["e"]?.string == "two\nlines\n" && root["d"]?["e"]?.line == 5)
        #expect(root["h"]?["g"]?.string == "–" && root["h"]?.line == 8, "an alias is what it stands for")
        #expect(root.mapping?.map(\.key.string) == ["a", "b", "c", "d", "h"], "in the order of the document")
        #expect(root["nothing"] == nil && root["a"]?["b"] == nil && root.string == nil)
    }

    @Test("A text without a document has no node")
    func empty() throws {
        #expect(try YAMLDocument.parse("") == nil)
        #expect(try YAMLDocument.parse("# nothing\n") == nil)
    }

    @Test(
        "An error names its line",
        arguments: [
            ("a: [", 2, nil, "no YAML"), ("a: 1\n\tb: 2", 2, nil, "no YAML"), ("a:\n  b: 1\n  b: 2", 2, "b", "twice"),
            ("a: *x", 1, nil, "undefined alias"),
            ("a: \u{1}", nil, nil, "byte 3"), ("&a [*a]", 1, nil, "too deep"),
        ] as [(String, Int?, String?, String)])
    func errors(text: String, line: Int?, key: String?, reason: String) {
        let error = #expect(throws: YAMLError.self) { try YAMLDocument.parse(text) }
        #expect(error?.line == line && error?.key == key && error?.reason.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test("A few lines that stand for billions of nodes are refused at once")
    func bomb() {
        let levels = (1...30).map { level in "a\(level): &a\(level) [\((0..<9).map { _ in "*a\(level - 1)" }.joined(separator: ","))]" }
        let error = #expect(throws: YAMLError.self) { try YAMLDocument.parse("a0: &a0 x\n" + levels.joined(separator: "\n")) }
        #expect(error?.reason.contains("too large") == true)
    }
}
