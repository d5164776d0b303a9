import Contracts
import Testing

@testable import Platform

@Suite("Mail templates")
struct MailTemplateTests {
    private func templates(_ files: (String, String)...) throws -> MailTemplates {
        try MailTemplates(files.map { (path: "Services/Bookings/Mail/\($0.0)", text: $0.1) })
    }

    private func rendered(_ file: String, _ facts: [String: MailFact], language: String? = nil, name: String = "Ann") throws -> RenderedMail {
        let template = try #require(try templates(("a.en.mustache", file)).template("a", for: language))
        return try template.rendered(facts, name: name, frontend: "https://shop.example")
    }

    @Test("HTML is escaped, text is not, and the subject stays one line")
    func escaping() throws {
        let mail = try rendered(
            "Subject: {{title}}!\n---\n{{title}}\n---\n<p title=\"{{title}}\">{{title}}</p>\n", ["title": .text("<b>\"Tom\" &\r\nBcc: x</b>")])
        #expect(mail.subject == "<b>\"Tom\" & Bcc: x</b>!")
        #expect(mail.text == "<b>\"Tom\" &\r\nBcc: x</b>\n")
        #expect(mail.html.contains("&lt;b&gt;&quot;Tom&quot; &amp;\r\nBcc: x&lt;/b&gt;</p>"))
        #expect(!mail.html.contains("<b>"))
        #expect(mail.html.contains("<title>&lt;b&gt;"))
    }

    @Test("The HTML stands in the house's layout, in the language of the mail, with a link home")
    func layout() throws {
        let mail = try rendered("Subject: x\n---\nx\n---\n<p>x</p>", [:])
        #expect(mail.html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\" "))
        #expect(mail.html.contains(" href=\"https://shop.example\""))
        #expect(mail.html.contains(">Box Office</a>"))
        #expect(mail.html.contains("<p>x</p>"))
    }

    @Test("The head gives the preheader, and the footer of text and HTML with the link to unsubscribe, in the language of the mail")
    func head() throws {
        let file =
            "Subject: x\nPreheader: {{teaser}}\nFooter: Because of {{teaser}}.\nUnsubscribe: {{unsubscribe}}\n---\nBody\n\n\n\n---\n<p>Body</p>"
        let facts = ["teaser": MailFact.text("rain & <snow>\nand hail"), "unsubscribe": .text("https://x.example/?a=1&b=2")]
        let mail = try rendered(file, facts)
        #expect(mail.text == "Body\n\n--\nBecause of rain & <snow> and hail.\n\nUnsubscribe:\nhttps://x.example/?a=1&b=2\n")
        let preheader = try #require(mail.html.firstRange(of: ">rain &amp; &lt;snow&gt; and hail&#847;"))
        let body = try #require(mail.html.firstRange(of: "<p>Body</p>"))
        let footer = try #require(mail.html.firstRange(of: ">Because of rain &amp; &lt;snow&gt; and hail.<br>"))
        #expect(preheader.lowerBound < body.lowerBound && body.lowerBound < footer.lowerBound)
        #expect(mail.html.contains("href=\"https://x.example/?a=1&amp;b=2\""))
        let error = #expect(throws: MailFactError.self) { try rendered(file, facts.filter { $0.key != "unsubscribe" }) }
        #expect(error?.description == "a.en.mustache names the fact unsubscribe, which is not given")
        let spanish = try templates(("a.en.mustache", file), ("a.es.mustache", file)).template("a", for: "es-mx")
        #expect(try spanish?.rendered(facts, name: "", frontend: "").text.contains("\nDarse de baja:\nhttps://x.example/") == true)
        let plain = try rendered("Subject: x\n---\nBody\n---\n<p>Body</p>", [:])
        #expect(plain.text == "Body\n")
        #expect(!plain.html.contains("&#847;") && !plain.html.contains("class=\"small\""))
    }

    @Test(
        "On one line, runs of blanks, line ends and control characters of any script become one space",
        arguments: [
            ("Carmen · ñandú", "Carmen · ñandú"), ("a b", "a b"), (" a", "a"), ("a ", "a"), ("a  b", "a b"), ("a\tb\r\nc\u{1}d", "a b c d"),
            ("a\u{A0}b", "a b"), ("a\u{85}b", "a b"), ("à…", "à…"), ("a\u{2028}b\u{2003} c", "a b c"), ("東京\u{3000}券", "東京 券"),
            ("a\u{1680}b", "a b"), ("", ""), (" \n", ""),
        ])
    func oneLine(text: String, expected: String) { #expect(text.oneLine == expected) }

    @Test("A preheader is cut where no mail reader shows more of it")
    func preheader() throws {
        let mail = try rendered("Subject: x\nPreheader: {{x}}\n---\nx\n---\nx", ["x": .text(String(repeating: "é", count: 300))])
        #expect(mail.html.contains(">\(String(repeating: "é", count: 160))…&#847;"))
    }

    @Test("Blank lines that omitted sections leave in the text become one, and none at its ends")
    func blankLines() throws {
        let mail = try rendered(
            "Subject: x\n---\n\n{{#a}}\na\n{{/a}}\n\nb\n \n{{#a}}\na\n{{/a}}\n\n{{#a}}\na\n{{/a}}\n\nc\n\n---\nx", ["a": .text("")])
        #expect(mail.text == "b\n\nc\n")
    }

    @Test("Lists in lists repeat their sections in the item that they belong to")
    func nested() throws {
        let file = "Subject: x\n---\n{{#events}}\n{{event}}:{{#revenue}} {{money}};{{/revenue}}{{^revenue}} nothing{{/revenue}}\n{{/events}}\n---\nx"
        let facts: [String: MailFact] = [
            "events": .list([
                ["event": .text("A"), "revenue": .list([["money": .money(Money(100, "EUR"))], ["money": .money(Money(2, "JPY"))]])],
                ["event": .text("B"), "revenue": .list([])],
            ]),
            "revenue": .list([["money": .money(Money(7, "USD"))]]),
        ]
        let waiting = Mail("a", about: 1, to: Recipient(email: "a@b.example", name: "", language: nil), facts: facts)
        struct Content: Decodable { let facts: [String: MailFact] }
        let read = try WireCoding.decodeJSON(Content.self, from: Array(waiting.json.utf8)[...])
        #expect(read.facts == facts)
        #expect(try rendered(file, read.facts).text == "A: EUR 1.00; JPY 2;\nB: nothing\n")
    }

    @Test("A mail that mail readers would clip has its long texts cut, those of lists first, and no other mail has")
    func clipping() throws {
        let file = "Subject: x\nFooter: end\nUnsubscribe: {{link}}\n---\nx\n---\n<p>{{reason}}</p>{{#events}}<p>{{event}}|</p>{{/events}}"
        let (title, link) = (String(repeating: "🎟", count: 300), "https://x.example/" + String(repeating: "t", count: 400))
        func html(_ count: Int, reason: String = "") throws -> String {
            try rendered(
                file, ["reason": .text(reason), "link": .text(link), "events": .list(Array(repeating: ["event": .text(title)], count: count))]
            ).html
        }
        #expect(try html(9).contains("\(title)|"))
        let many = try html(60)
        #expect(many.contains("…|") && !MailTextLimits.areExceeded(by: many))
        #expect(many.contains(link) && many.contains(">end<br>"))
        let long = try html(1, reason: String(repeating: "ñ", count: 20_000))
        #expect(long.contains("ñ…</p>") && long.contains("\(title)|") && !MailTextLimits.areExceeded(by: long))
    }

    @Test("An empty fact leaves its section out, a list repeats it and sees the facts around")
    func sections() throws {
        let file = """
            Subject: x
            ---
            {{#reason}}Because {{reason}}.{{/reason}}{{^reason}}No reason.{{/reason}}
            {{#events}}
            - {{title}} for {{name}}
            {{/events}}
            ---
            x
            """
        let some = try rendered(
            file, ["reason": .text("of rain"), "events": .list([["title": .text("A")], ["title": .text("B"), "name": .text("Bob")]])])
        #expect(some.text == "Because of rain.\n- A for Ann\n- B for Bob\n")
        let none = try rendered(file, ["reason": .text(""), "events": .list([])])
        #expect(none.text == "No reason.\n")
    }

    @Test(
        "A fact that is named and not given is an error that says which",
        arguments: ["{{gone}}", "{{#gone}}x{{/gone}}", "{{#list}}{{gone}}{{/list}}"])
    func unknown(part: String) throws {
        for file in ["Subject: \(part)\n---\nx\n---\nx", "Subject: x\n---\n\(part)\n---\nx", "Subject: x\n---\nx\n---\n\(part)"] {
            let error = #expect(throws: MailFactError.self) { try rendered(file, ["list": .list([[:]])]) }
            #expect(error?.description == "a.en.mustache names the fact gone, which is not given")
        }
    }

    @Test(
        "A language falls back to the one without region, then to English",
        arguments: [
            ("es-mx", "mx"), ("ES_MX", "mx"), ("es-ar", "es"), ("es", "es"), ("en-us", "en"), ("de-at", "en"), ("", "en"), (nil, "en"),
        ] as [(String?, String)])
    func fallback(language: String?, expected: String) throws {
        let all = try templates(
            ("a.en.mustache", "Subject: en\n---\nx\n---\nx"), ("a.es.mustache", "Subject: es\n---\nx\n---\nx"),
            ("a.es-mx.mustache", "Subject: mx\n---\nx\n---\nx"))
        #expect(try all.template("a", for: language)?.rendered([:], name: "", frontend: "").subject == expected)
        #expect(all.template("b", for: language) == nil)
    }

    @Test(
        "A template that cannot be used is named at the start",
        arguments: [
            ("a.en.mustache", "Subject: x\n---\nx", "has 2 of the 3 parts"),
            ("a.en.mustache", "Subject: x\n---\nx\n---\nx\n---\nx", "has 4 of the 3 parts"),
            ("a.en.mustache", "Betreff: x\n---\nx\n---\nx", "must begin with one line Subject: …"),
            (
                "a.en.mustache", "Subject: x\nmore\n---\nx\n---\nx",
                "has the line 2 below its subject; there can be one each of Preheader: …, Footer: …"
            ),
            ("a.en.mustache", "Subject: x\nFooter: y\nFooter: z\n---\nx\n---\nx", "has the line 3 below its subject; there can be one each of"),
            ("a.en.mustache", "Subject: x\nPreheader: {{y\n---\nx\n---\nx", "does not parse: line 2: a tag is not closed"),
            ("a.en.mustache", "Subject: x\n---\nx\n---\nx\n{{> gone}}", "does not parse: line 6: there is no partial gone"),
            ("a.en.mustache", "Subject: x\n---\n{{> link}}\n---\nx", "does not parse: line 3: there is no partial link"),
            (
                "a.en.mustache", "Subject: x\n---\nx\n---\n{{< button}}{{$ref}}y{{/ref}}{{/button}}",
                "does not parse: line 5: the partial button has no block ref"
            ),
            ("a.en.mustache", "Subject: x\n---\n\n---\nx", "has an empty part"),
            ("a.en.mustache", "Subject: x\n---\nx\n\n{{#a}}\ny\n---\nx", "does not parse: line 5: {{#a}} is not closed"),
            ("a.en.mustache", "Subject: x\n---\nx\n---\nx\n{{/a}}", "does not parse: line 6: {{/a}} closes no section"),
            ("a.en.mustache", "Subject: {{x\n---\nx\n---\nx", "does not parse: line 1: a tag is not closed"),
            ("a.en.mustache", "Subject: x\n---\nx\n---\n{{{x}}}", "does not parse: line 5: {{{…}}} is for the layout alone"),
            ("a.mustache", "Subject: x\n---\nx\n---\nx", "must be named <template>.<language>.mustache"),
            ("a.tlh.mustache", "Subject: x\n---\nx\n---\nx", "is in a language of which Platform has no file Delivery/Mail/Languages/tlh.json"),
        ])
    func unusable(name: String, text: String, problem: String) {
        let error = #expect(throws: ConfigurationError.self) { try templates((name, text)) }
        #expect(error?.description.hasPrefix("Services/Bookings/Mail/\(name) \(problem)") == true, "\(error?.description ?? "")")
    }

    @Test("A template without English is named at the start")
    func english() {
        let error = #expect(throws: ConfigurationError.self) { try templates(("a.es.mustache", "Subject: x\n---\nx\n---\nx")) }
        #expect(error?.description == "a.en.mustache is missing: every mail has an English version")
    }

    @Test("A mail waits as JSON that says the same when it is read again")
    func payload() throws {
        struct Content: Decodable, Equatable {
            let template: String
            let to: Recipient
            let facts: [String: MailFact]
        }
        let facts: [String: MailFact] = [
            "text": .text("a \"b\" \\ \n\t\u{1} ñ 🎟"), "number": .number(-3), "money": .money(Money(Int.max, "EUR")),
            "time": .localTime("2026-11-21T20:00", zone: "Europe/Madrid"), "list": .list([["a": .number(1)], [:]]), "empty": .list([]),
        ]
        for language in ["es-mx", nil] {
            let mail = Mail("a", about: 12, kind: "b", to: Recipient(email: "a@b.example", name: "O\"N", language: language), facts: facts)
            #expect(mail.dedupeKey == "b/12")
            let read = try WireCoding.decodeJSON(Content.self, from: Array(mail.json.utf8)[...])
            #expect(read == Content(template: "a", to: mail.to, facts: facts))
        }
    }
}
