import Testing

@testable import Platform

@Suite("Templates")
struct TemplateTests {
    private static let values: [String: Template.Value] = [
        "who": .text("Tom & <Ann>"), "none": .text(""), "both": .list([["who": .text("A")], ["n": .text("2")]]), "empty": .list([]),
    ]

    /// Those of the specification (https://github.com/mustache/spec) that concern what is here.
    @Test(
        "Tags are what the specification says",
        arguments: [
            ("Hello, {{ who }}!", "Hello, Tom & <Ann>!"), ("{{who}}{{who}}", "Tom & <Ann>Tom & <Ann>"), ("|{{none}}|", "||"),
            ("{{#who}}[{{.}}]{{/who}}", "[Tom & <Ann>]"), ("{{#none}}x{{/none}}{{^none}}y{{/none}}", "y"),
            ("{{#both}}({{who}}){{/both}}", "(A)(Tom & <Ann>)"), ("{{^empty}}nobody{{/empty}}{{#empty}}x{{/empty}}", "nobody"),
            ("{{#who}}{{#both}}{{^none}}{{who}},{{/none}}{{/both}}{{/who}}", "A,Tom & <Ann>,"),
            ("a {{! not \n said }} b", "a  b"), ("| This Is\n{{#who}}\n|\n{{/who}}\n| A Line", "| This Is\n|\n| A Line"),
            ("|\r\n{{#who}}\r\n{{/who}}\r\n|", "|\r\n|"), ("  {{#who}}\n#{{/who}}\n/", "#\n/"), ("#{{#who}}\n/\n  {{/who}}", "#\n/\n"),
            (" | {{#who}}\t|\t{{/who}} | \n", " | \t|\t | \n"), (" {{#who}}YES{{/who}}\n {{#who}}GOOD{{/who}}\n", " YES\n GOOD\n"),
            ("{{who}}\n  {{! alone }}\t\n{{who}}", "Tom & <Ann>\nTom & <Ann>"), ("{{who}} {{#who}}\nx{{/who}}", "Tom & <Ann> \nx"),
            ("{ {{who}} } }}", "{ Tom & <Ann> } }}"), ("", ""),
        ])
    func specification(template: String, expected: String) throws {
        #expect(try Template(template, escaping: .none).render(Self.values) == expected)
    }

    @Test("Values are escaped for HTML, the template and ready markup are not")
    func escaping() throws {
        let layout = try Template("<b title='{{x}}'>&amp;</b>{{{x}}}", escaping: .html, isLayout: true)
        #expect(try layout.render(["x": .text("<i>\"'&</i>")]) == "<b title='&lt;i&gt;&quot;&#39;&amp;&lt;/i&gt;'>&amp;</b><i>\"'&</i>")
    }

    @Test(
        "What does not parse is told with its line",
        arguments: [
            ("a\n{{x", 2, "not closed"), ("{{}}", 1, "no name"), ("a\n\n{{ b c }}", 3, "no name"), ("{{#a}}\n\n", 1, "{{#a}} is not closed"),
            ("{{#a}}\n{{#b}}\n{{/a}}", 3, "{{/a}} stands where {{/b}} must be"), ("\n{{/a}}", 2, "closes no section"), ("{{>a}}", 1, "not known"),
            ("{{&a}}", 1, "not known"), ("{{{a}}}", 1, "layout"), ("{{=<% %>=}}", 1, "not known"), ("{{! \n\n }}{{&a}}", 3, "not known"),
        ])
    func syntax(template: String, line: Int, reason: String) {
        let error = #expect(throws: Template.SyntaxError.self) { try Template(template, escaping: .html) }
        #expect(error?.line == line && error?.reason.contains(reason) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("A name without a value is an error, a list is no text, and . needs a section around", arguments: ["gone", "both", "."])
    func missing(name: String) throws {
        let template = try Template("{{\(name)}}", escaping: .none)
        #expect(throws: Template.MissingValue(name: name)) { try template.render(Self.values) }
    }
}
