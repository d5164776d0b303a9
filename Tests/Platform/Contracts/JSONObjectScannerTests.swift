import Contracts
import Testing

@Suite("The members of a JSON object, found in its bytes")
struct JSONObjectScannerTests {
    private func spans(_ text: String) -> JSONObjectScanner? { JSONObjectScanner(Array(text.utf8)) }

    private func text(_ bytes: ArraySlice<UInt8>?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test("A value is the bytes between the space around it, whatever is in it")
    func values() throws {
        let spans = try #require(self.spans(" {\"a\" : [1, {\"b\": \"}]\\\"\"}] ,\n\"c\":{ } , \"d\": -1.5e+3,\"e\":null}\r\n"))
        #expect(text(spans.value("a")) == "[1, {\"b\": \"}]\\\"\"}]")
        #expect(text(spans.value("c")) == "{ }")
        #expect(text(spans.value("d")) == "-1.5e+3")
        #expect(text(spans.value("e")) == "null")
        #expect(spans.value("b") == nil)
    }

    @Test("A slice of a longer text is read where it lies")
    func slice() throws {
        let whole = Array("xx{\"data\":{\"id\":\"7\"}}".utf8)
        let data = try #require(JSONObjectScanner(whole[2...])?.value("data"))
        #expect(JSONObjectScanner(data)?.string("id") == "7")
    }

    @Test("Escapes are resolved in names and texts")
    func escapes() throws {
        let spans = try #require(self.spans(#"{"\u0069d": "\"\\\/\b\f\n\r\t\u00e9\uD83C\udfab", "half": "\ud83c", "other half": "\udfab\ud83c"}"#))
        #expect(spans.string("id") == "\"\\/\u{8}\u{C}\n\r\té🎫")
        #expect(spans.stringBytes("id").map { String(decoding: $0, as: UTF8.self) } == spans.string("id"))
        #expect(spans.string("half") == nil)
        #expect(spans.string("other half") == nil)
    }

    @Test("Of members with the same name the last one counts")
    func duplicates() throws {
        let spans = try #require(self.spans(#"{"id": 1, "\u0069d": 2}"#))
        #expect(spans.integer("id") == 2)
        #expect(spans.byKey?.keys.sorted() == ["id"])
    }

    @Test("Names are compared as bytes: é written in two ways is two names")
    func normalization() throws {
        let spans = try #require(self.spans("{\"e\u{301}\": 1, \"\u{E9}\": 2}"))
        #expect(spans.integer("e\u{301}") == 1)
        #expect(spans.integer("\u{E9}") == 2)
    }

    @Test("A member of another kind is no text, integer or boolean")
    func kinds() throws {
        let spans = try #require(self.spans(#"{"text": "true", "number": 7, "yes": true, "nothing": null, "list": [1]}"#))
        #expect(spans.string("number") == nil && spans.string("nothing") == nil && spans.string("list") == nil && spans.string("absent") == nil)
        #expect(spans.integer("text") == nil && spans.integer("yes") == nil && spans.integer("list") == nil)
        #expect(spans.boolean("text") == nil && spans.boolean("nothing") == nil && spans.boolean("yes") == true)
    }

    @Test(
        "An integer is exact, however it is written",
        arguments: [
            ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min), ("9223372036854775807.000", Int.max),
            ("92233720368547758.07e2", Int.max),
            ("-9223372036854775808.0", Int.min), ("1200e-2", 12), ("0.0012E+4", 12), ("0e999999999999999999999", 0), ("-0", 0),
            ("1e18", 1_000_000_000_000_000_000),
        ])
    func integers(_ text: String, _ value: Int) { #expect(spans("{\"n\": \(text)}")?.integer("n") == value) }

    @Test(
        "What has a fraction or does not fit is no integer",
        arguments: [
            "9223372036854775808", "-9223372036854775809", "1e19", "1e999999999999999999999", "1e-999999999999999999999", "12e-1", "0.5",
            "100000000000000000001e-1",
        ])
    func noIntegers(_ text: String) throws { #expect(try #require(spans("{\"n\": \(text)}")).integer("n") == nil) }

    @Test(
        "What is not one JSON object and nothing else is refused",
        arguments: [
            "", " ", "{", "}", "{}}", "{} {}", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{a:1}", "{\"a\":01}", "{\"a\":-}",
            "{\"a\":1e}",
            "{\"a\":nul}", "{\"a\":nulll}", "{\"a\":[1,]}", "{\"a\":[}", "{\"a\":{]}", "{\"a\":\"\u{1}\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}",
            "{\"a\":\"\\", "{\"a\":\"\\u00",
            "{\"a\u{A0}\":1\u{A0}}", "\u{FEFF}{}", "{\"a\":1}\u{0}", "[{}]", "null", "{\"a\":'b'}", "{\"a\":1/*one*/}",
        ])
    func malformed(_ text: String) { #expect(spans(text) == nil) }

    @Test("Bytes that are not UTF-8 are refused, also where nobody looks")
    func utf8() {
        #expect(JSONObjectScanner(Array("{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8)) == nil)
        #expect(JSONObjectScanner(Array("{\"a\":\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"}".utf8)) == nil)
    }

    @Test("Nesting ends somewhere, so that no message exhausts the stack")
    func depth() {
        func nested(_ depth: Int) -> String { "{\"a\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}" }
        #expect(spans(nested(511)) != nil)
        #expect(spans(nested(512)) == nil)
        #expect(spans(nested(1_000_000)) == nil)
    }
}
