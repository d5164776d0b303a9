import Contracts
import Testing

@Suite("Canonical JSON (RFC 8785)")
struct CanonicalJSONTests {
    @Test(
        "One value, one text",
        arguments: [
            (#"{"b":1,"a":2}"#, #"{"a":2,"b":1}"#),
            (#" { "a" : [ 1 , 2 , { "d" : null , "c" : true } ] } "#, #"{"a":[1,2,{"c":true,"d":null}]}"#),
            (#"[]"#, "[]"), (#"{}"#, "{}"), (#"[ [ ] , { } ]"#, "[[],{}]"),
            (#""\u0041\/\u00e9\u000a\u001f""#, #""A/é\n\u001f""#),
            (#"[1.0,1e3,0.000001,1e-7,1e21,123456789012345678901,-0,-0.0,1.5E2]"#, #"[1,1000,0.000001,1e-7,1e+21,123456789012345678901,0,0,150]"#),
            (#"{"a":1,"a":2}"#, #"{"a":2}"#),
            (
                "{\"\u{20AC}\":1,\"\\r\":2,\"\u{FB33}\":3,\"1\":4,\"\u{1F600}\":5,\"\u{80}\":6,\"\u{F6}\":7}",
                "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{F6}\":7,\"\u{20AC}\":1,\"\u{1F600}\":5,\"\u{FB33}\":3}"
            ),
        ])
    func rewritten(text: String, expected: String) {
        #expect(canonical(text) == expected)
    }

    @Test(
        "What is no JSON is refused",
        arguments: ["", "{", "[1,]", "{\"a\"}", "{\"a\":}", "01", "1.", "-", "\"\\x\"", "tru", "[1] 2", "\"a\nb\"", "{a:1}", "nul", "+1"])
    func refused(text: String) {
        #expect(canonical(text) == nil)
    }

    @Test("A JSON string has its quotes, line breaks and control characters escaped, the shortest way")
    func quoted() {
        #expect(JSONText.quoted("a\"b\\c\nd\u{1}é") == #""a\"b\\c\nd\u0001é""#)
        #expect(JSONText.quoted("\u{8}\t\u{C}\r\u{1F}\u{7F}/") == "\"\\b\\t\\f\\r\\u001f\u{7F}/\"")
        #expect(JSONText.quoted("plain") == "\"plain\"")
    }

    @Test("Nesting is as deep as elsewhere, and what is nested deeper is refused instead of ending the process")
    func depth() {
        let nested = { depth in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(canonical(nested(500)) == nested(500))
        #expect(canonical(nested(100_000)) == nil)
    }

    /// The only element of an array that has this text in it.
    private func canonical(_ text: String) -> String? {
        guard let elements = CanonicalJSON.elements(of: Array("[\(text)]".utf8)), elements.count == 1 else { return nil }
        return String(decoding: elements[0], as: UTF8.self)
    }
}
