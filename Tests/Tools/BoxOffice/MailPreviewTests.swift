import Foundation
import Platform
import Testing

@testable import BoxOffice
@testable import Platform

@Suite("Mails can be looked at without sending them")
struct MailPreviewTests {
    private func templates() throws -> [(kind: String, language: String, template: MailTemplate)] {
        let templates = try MailPreview.templates()
        return try templates.languages.sorted { $0.key < $1.key }.flatMap { kind, languages in
            try languages.map { (kind, $0, try #require(templates.template(kind, for: $0))) }
        }
    }

    private func names(_ facts: [String: MailFact]) -> Set<String> {
        facts.reduce(into: []) { names, fact in
            names.insert(fact.key)
            if case .list(let items) = fact.value { for item in items { names.formUnion(self.names(item)) } }
        }
    }

    @Test("The sample facts are those that the templates name, in every language")
    func samples() throws {
        for (kind, language, template) in try templates() {
            let facts = try #require(MailSamples.facts(in: language)[kind], "\(kind) has no sample facts")
            #expect(template.factNames == names(facts), "\(kind).\(language)")
        }
        #expect(Set(MailSamples.facts(in: "en").keys) == Set(try MailPreview.templates().languages.keys))
    }

    @Test("Every mail is there in English and Spanish, with a preheader and the reason why one gets it; campaigns have a link to unsubscribe")
    func heads() throws {
        let campaigns: Set = ["birthday", "follow-up", "newsletter", "promotion", "re-engagement"]
        #expect(try MailPreview.templates().languages.values.allSatisfy { $0 == ["en", "es"] })
        for (kind, language, template) in try templates() {
            let lines: Set<MailHead.Line> = campaigns.contains(kind) ? [.preheader, .footer, .unsubscribe] : [.preheader, .footer]
            #expect(template.headLines == lines, "\(kind).\(language)")
        }
    }

    @Test("A text alternative reads well: no HTML, no empty label, single blank lines, each link on a line of its own")
    func texts() throws {
        for mail in try HostileMails.all.get() where mail.name.hasSuffix(".sample") || mail.name.hasSuffix(".bare") {
            let text = mail.mail.text
            for leftover in ["<", "&amp;", "&nbsp;", "&#", "{{", "}}", "\n\n\n", " \n", "  "] {
                #expect(!text.contains(leftover), "\(mail.name) has \(leftover.debugDescription) in \(text)")
            }
            #expect(text.hasPrefix("H") && text.hasSuffix("\n"))
            for line in text.split(separator: "\n") where line.contains("https://") { #expect(line.hasPrefix("https://"), "\(mail.name): \(line)") }
            #expect(!mail.mail.subject.isEmpty && !mail.mail.subject.contains("  "))
        }
    }

    @Test("What a chart shows is said in the language of its mail", arguments: ["daily-report", "weekly-report", "monthly-summary"])
    func charts(_ kind: String) throws {
        let templates = try MailPreview.templates()
        for (language, words, other) in [("en", "Bookings confirmed, by ", "Reservas"), ("es", "Reservas confirmadas, por ", "Bookings")] {
            let template = try #require(templates.template(kind, for: language))
            let facts = try #require(MailSamples.facts(in: language)[kind])
            let mail = try template.rendered(facts, name: "Ann", frontend: "https://tickets.example.com")
            for text in [mail.text, mail.html] { #expect(text.contains(words) && !text.contains(other), "\(text)") }
            #expect(mail.html.contains("alt=\"\(words)"))
        }
    }

    @Test("boxoffice mail preview writes each mail as HTML, text and message, and an index of them")
    func files() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "preview-\(UUID().uuidString)/mails")
        defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
        func names() throws -> Set<String> { Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)) }
        func text(_ name: String) throws -> String { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }

        let one = try await CommandLineTool()("mail", "preview", "booking-confirmed", "--language", "es", "--out", folder.path)
        #expect(one.status == 0 && one.output == "1 mail, listed in \(folder.path)/index.html\n")
        #expect(try names() == ["booking-confirmed.es.html", "booking-confirmed.es.txt", "booking-confirmed.es.eml", "index.html"])
        #expect(try text("booking-confirmed.es.txt").contains("Pagado: 1.234,50 EUR"))
        #expect(try text("booking-confirmed.es.eml").contains("Message-ID: <booking-confirmed.1@boxoffice.example>"))
        #expect(try text("index.html").contains("<a href=\"booking-confirmed.es.eml\">"))

        let all = try await CommandLineTool()("mail", "preview", "--out", folder.path)
        #expect(all.status == 0)
        #expect(try names().count == 3 * 38 + 6 + 1)
    }

    @Test("The links to unsubscribe, longer than a line of the message, arrive whole, whichever parser reads it")
    func links() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "preview-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        _ = try await CommandLineTool()("mail", "preview", "newsletter", "--language", "en", "--out", folder.path)
        let python = try #require(
            ProcessInfo.processInfo.environment["BOXOFFICE_PYTHON"],
            "BOXOFFICE_PYTHON must name a Python with Tests/requirements.txt; `make test` sets it")
        let program = """
            import email, email.policy, sys
            for policy in (email.policy.SMTP, email.policy.compat32):
                for part in email.message_from_binary_file(open(sys.argv[1], "rb"), policy=policy).walk():
                    if not part.is_multipart(): print(part.get_payload(decode=True).decode())
            """
        let parsed = try await CommandLineTool(program: URL(filePath: python))("-c", program, folder.appending(path: "newsletter.en.eml").path)
        let link = "https://mail.boxoffice.example/unsubscribe?token=AbCdEfGhIjKlMnOpQrStUvWxYz012345"
        #expect(parsed.output.components(separatedBy: "\n\(link)").count == 3)
        #expect(parsed.output.components(separatedBy: "href=\"\(link)\"").count == 3)
    }

    @Test(
        "A mail or language that does not exist is refused with those that do",
        arguments: [(["dance"], "booking-confirmed"), (["--language", "tlh"], "en, es"), (["newsletter", "--language", "fr"], "en, es")])
    func unknown(arguments: [String], complaint: String) async throws {
        let call = try await CommandLineTool().run(["mail", "preview"] + arguments)
        #expect(call.status == 64 && call.errors.contains(complaint))
    }

    @Test("A folder that cannot be written to is named")
    func unwritable() async throws {
        let call = try await CommandLineTool()("mail", "preview", "birthday", "--out", "/dev/null/mails")
        #expect(call.status == 1 && call.lines.count == 1 && call.errors.contains("/dev/null/mails"))
    }
}
