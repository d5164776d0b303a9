import Testing

@testable import Sandbox

@Suite("A pattern matches whole texts, with a star at an end for anything")
struct PatternTests {
    @Test(
        "Patterns match",
        arguments: [
            ("token-1", "TOKEN-1", true), ("token-1", "token-12", false), ("token-*", "token-12", true), ("*@example.org", "a@example.org", true),
            ("*@example.org", "a@example.com", false), ("*v4.0*", "/bytemark/v4.0/passes", true), ("*v4.0*", "/bytemark/passes", false),
            ("*", "", true),
            ("**", "anything", true), ("a*b", "axb", false),
        ])
    func matches(pattern: String, text: String, expected: Bool) {
        #expect(Pattern(pattern).matches(text) == expected)
    }
}
