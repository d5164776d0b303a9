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
            ("{{#a}}\n{{#b}}\n{{/a}}", 3, "{{/a}} stands where {{/b}} must be"), ("\n{{/a}}", 2, "closes no section"),
            ("\n{{>a}}", 2, "there is no partial a"), ("{{<a}}", 1, "{{<a}} is not closed"),
            ("{{&a}}", 1, "not known"), ("{{{a}}}", 1, "layout"), ("{{=<% %>=}}", 1, "not known"), ("{{! \n\n }}{{&a}}", 3, "not known"),
        ])
    func syntax(template: String, line: Int, reason: String) {
        let error = #expect(throws: Template.SyntaxError.self) { try Template(template, escaping: .html) }
        #expect(error?.line == line && error?.reason.contains(reason) == true, "\(error.map { "\($0)" } ?? "")")
    }

    private static let partials = [
        "stamp": "<{{who}}>", "line": "- {{who}}\n", "frame": "[{{$title}}untitled{{/title}}: {{$body}}{{/body}}]",
        "double": "{{< frame}}{{$title}}{{$title}}both{{/title}}!{{/title}}{{$body}}{{$inner}}none{{/inner}}{{/body}}{{/frame}}",
        "loop": "{{> round}}", "round": "\n{{> loop}}", "broken": "\n{{#who}}",
    ]

    @Test(
        "A partial is included with the values around it, and its blocks are filled",
        arguments: [
            ("a {{> stamp}} b", "a <Tom & <Ann>> b"), ("a\n  {{> line}}\nb", "a\n- Tom & <Ann>\nb"),
            ("{{#both}}{{>stamp}}{{/both}}", "<A><Tom & <Ann>>"), ("{{> frame}}", "[untitled: ]"),
            ("{{< frame}} dropped {{$body}}{{who}}{{/body}} {{/frame}}", "[untitled: Tom & <Ann>]"),
            (
                "{{#both}}{{< frame}}{{$title}}{{who}}{{/title}}{{$body}}{{> stamp}}{{/body}}{{/frame}}{{/both}}",
                "[A: <A>][Tom & <Ann>: <Tom & <Ann>>]"
            ),
            ("{{> double}}", "[both!: none]"), ("{{< double}}{{$inner}}x{{/inner}}{{$title}}y{{/title}}{{/double}}", "[y!: x]"),
            ("{{$block}}as it is{{/block}}", "as it is"),
        ])
    func partials(template: String, expected: String) throws {
        #expect(try Template(template, escaping: .none, partials: Self.partials).render(Self.values) == expected)
    }

    @Test(
        "A partial that cannot be included is told with the line that includes it",
        arguments: [
            ("\n{{> loop}}", 2, "the partial loop, line 1: the partial round, line 2: the partial loop includes itself"),
            ("{{> broken}}", 1, "the partial broken, line 2: {{#who}} is not closed"),
            ("\n{{< frame}}{{$heading}}{{/heading}}{{/frame}}", 2, "the partial frame has no block heading"),
        ])
    func unusablePartials(template: String, line: Int, reason: String) {
        let error = #expect(throws: Template.SyntaxError.self) { try Template(template, escaping: .none, partials: Self.partials) }
        #expect(error == Template.SyntaxError(line: line, reason: reason))
    }

    @Test("A template knows the names that it uses, at any depth, in its partials too")
    func names() throws {
        let text = "{{a}}{{#b}}{{c}}{{/b}}{{^d}}{{e}}{{/d}}{{< frame}}{{$body}}{{f}}{{/body}}{{/frame}}{{> stamp}}"
        #expect(try Template(text, escaping: .none, partials: Self.partials).names == ["a", "b", "c", "d", "e", "f", "who"])
    }

    @Test("A name without a value is an error, a list is no text, and . needs a section around", arguments: ["gone", "both", "."])
    func missing(name: String) throws {
        let template = try Template("{{\(name)}}", escaping: .none)
        #expect(throws: Template.MissingValue(name: name)) { try template.render(Self.values) }
    }
}
