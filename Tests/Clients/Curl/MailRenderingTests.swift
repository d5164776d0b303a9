import Curl
import Foundation
import Testing

@Suite("Mail", .timeLimit(.minutes(30)))
struct MailRenderingTests {
    static let subjects = [
        "¡Tu reembolso está aprobado! 🎟️", "Ünïcödé über alles, und zwar so lang, dass es in keine Zeile mehr passt – 東京ドームのチケット 👩‍👩‍👧‍👦 end", "plain",
        "two  spaces and a =?utf-8?Q?trick?=", String(repeating: "long ", count: 60) + "end", String(repeating: "x", count: 1200), " edges ", "",
        "tab\there", "100% sure? a_b=c",
    ]

    @Test("Every subject arrives as it was written, in lines that SMTP allows")
    func subjects() async throws {
        let peer = try await MailPeer()
        try await withClient { client in
            for subject in Self.subjects { _ = try await client.send(SMTPTests.mail(subject: subject), through: peer.server()) }
        }
        await peer.ended()
        #expect(peer.mails.map { $0.header("Subject") } == Self.subjects)
        for seen in peer.mails {
            #expect(seen.defects == [] && seen.ascii == true && seen.bare == 0 && (seen.longest ?? 0) <= 78)
        }
    }

    @Test("Every display name arrives as it was written")
    func names() async throws {
        let names = [
            "Box Office", "Müller, \"Jo\" <x>", "O'Neill (ops)", "a\\b", "東京チケット・ボックスオフィス・カスタマーサポートセンター", "=?utf-8?Q?x?=", "dots. and @",
        ]
        let peer = try await MailPeer()
        try await withClient { client in
            for name in names {
                var mail = try SMTPTests.mail()
                mail.from = try MailAddress("tickets@boxoffice.example", name: name)
                mail.to = [try MailAddress("ada@example.org", name: name), try MailAddress("bob@b.org"), try MailAddress("c@d.org", name: name)]
                _ = try await client.send(mail, through: peer.server())
            }
        }
        await peer.ended()
        #expect(peer.mails.map(\.from) == names.map { [[$0, "tickets@boxoffice.example"]] })
        #expect(peer.mails.map(\.to) == names.map { [[$0, "ada@example.org"], ["", "bob@b.org"], [$0, "c@d.org"]] })
        #expect(peer.mails.allSatisfy { $0.defects == [] })
    }

    @Test("Text and HTML are alternatives, and every line of them arrives: dots, long lines, trailing blanks, any script")
    func contents() async throws {
        let text = "Hola 🎟️\r\n.\n..two dots\nFrom here\ntrailing  \n\t\n" + String(repeating: "é", count: 400) + "\n=3D --=_ \nend"
        let html = "<p style=\"color:#333\">Año nuevo</p>\n" + String(repeating: "<b>x</b>", count: 200)
        let peer = try await MailPeer()
        try await withClient { client in
            var mail = try SMTPTests.mail(text: text, html: html)
            let link = "<https://boxoffice.example/unsubscribe?token=\(String(repeating: "a", count: 150))>"
            mail.headers = [
                ("List-Unsubscribe", link),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ]
            mail.replyTo = try MailAddress("help@boxoffice.example")
            mail.envelopeSender = "bounces@boxoffice.example"
            _ = try await client.send(mail, through: peer.server())
            let seen = try await peer.mail()
            let lines = { (text: String) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init) }
            #expect(seen.content?.type == "multipart/alternative" && seen.content?.parts?.map(\.type) == ["text/plain", "text/html"])
            #expect(seen.content?.parts?.map(\.charset) == ["utf-8", "utf-8"] && seen.defects == [])
            #expect(seen.content?.parts.map { lines($0[0].text ?? "") } == lines(text + "\n"))
            #expect(seen.content?.parts.map { lines($0[1].text ?? "") } == lines(html + "\n"))
            #expect(seen.stuffed == 2 && seen.bare == 0 && seen.ascii == true)
            #expect(seen.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click" && seen.header("Reply-To") == "help@boxoffice.example")
            #expect(seen.header("List-Unsubscribe") == link && seen.envelopeFrom == "bounces@boxoffice.example")
            #expect(seen.header("Date") == "Fri, 21 Nov 2025 08:00:00 +0000")
            #expect(seen.header("Message-ID") == "<booking-confirmation.7@boxoffice.example>")
        }
    }

    @Test("Text alone is one part")
    func textOnly() async throws {
        let peer = try await MailPeer()
        try await withClient { client in
            _ = try await client.send(SMTPTests.mail(text: "Olé\n.\n"), through: peer.server())
            let content = try #require(try await peer.mail().content)
            #expect(content.type == "text/plain" && content.charset == "utf-8" && content.text?.replacing("\r\n", with: "\n") == "Olé\n.\n")
        }
    }

    @Test("The same mail is the same bytes; another message id gives another boundary")
    func deterministic() throws {
        let mail = try SMTPTests.mail(html: "<p>")
        let other = try SMTPTests.mail(html: "<p>", id: "other@boxoffice.example")
        let boundary = { (mail: MailMessage) in
            try String(decoding: mail.rendered(), as: UTF8.self).split(separator: "\r\n").first { $0.contains("boundary=") }
        }
        #expect(try mail.rendered() == mail.rendered())
        #expect(try boundary(mail) != nil && boundary(mail) != boundary(other))
    }

    @Test("A line break or NUL in a header or address is refused, and nothing is sent", arguments: ["\r\nBcc: eve@example.org", "\n", "\r", "\u{0}"])
    func injection(_ attack: String) async throws {
        var mails: [(String, MailMessage)] = []
        var mail = try SMTPTests.mail(subject: "Hello" + attack)
        mails.append(("Subject", mail))
        mail = try SMTPTests.mail(id: "a@b" + attack)
        mails.append(("Message-ID", mail))
        mail = try SMTPTests.mail()
        mail.headers = [("X-Note", "a" + attack)]
        mails.append(("X-Note", mail))
        mail.headers = [("X-Note" + attack, "a")]
        mails.append(("header name", mail))
        mail.headers = []
        mail.envelopeSender = "a@b.org" + attack
        mails.append(("address", mail))
        for (field, mail) in mails where field != "address" {
            #expect(throws: MailError.headerInjection(field: field)) { try mail.rendered() }
        }
        #expect(throws: MailError.headerInjection(field: "address")) { try MailAddress("ada@example.org" + attack) }
        #expect(throws: MailError.headerInjection(field: "name")) { try MailAddress("ada@example.org", name: "Ada" + attack) }
        let peer = try await MailPeer()
        try await withClient { client in
            for (field, mail) in mails {
                #expect(await SMTPTests.failure(client, mail, peer.server()) == .invalidMail(.headerInjection(field: field)))
            }
            #expect(peer.connections == 0)
        }
    }

    @Test("Headers that the message makes itself, names that are none and mails to nobody are refused")
    func refusals() throws {
        var mail = try SMTPTests.mail()
        mail.headers = [("subject", "again")]
        #expect(throws: MailError.reservedHeader("subject")) { try mail.rendered() }
        mail.headers = [("X Note", "a")]
        #expect(throws: MailError.invalidHeaderName("X Note")) { try mail.rendered() }
        mail.headers = [("X-Long", String(repeating: "a", count: 1_000))]
        #expect(throws: MailError.headerTooLong(field: "X-Long")) { try mail.rendered() }
        #expect(throws: MailError.noRecipients) { try SMTPTests.mail(to: []).rendered() }
        #expect(throws: MailError.invalidMessageID("<a@b>")) { try SMTPTests.mail(id: "<a@b>").rendered() }
    }

    @Test(
        "Addresses that SMTP can carry are taken, those of old carriers and quoted ones as they are",
        arguments: [
            "a@b", "first.last+tag@sub.example.org", "o'neill@x-y.org", "ops@[127.0.0.1]", "a..b@c.org", ".a@b.org", "taro.@docomo.example",
            #""a b"@c.org"#, #""a@b"@c.org"#, #""a\"b"@c.org"#,
        ])
    func goodAddress(_ address: String) throws {
        #expect(try MailAddress(address).address == address)
    }

    @Test(
        "Addresses that it cannot are refused",
        arguments: [
            "", "a", "@b", "a@", "a@b@c", "a b@c.org", "a@b c", ".@c.org", "<a@b.org>", "a@b.org>", "a,b@c.org", "a@-b.org",
            "a@b..org",
            "jörg@example.org", "a@-ü.org", "a@ü_b.org", "a@ü b.org", "a@ü/b.org", "\"a b@c.org", "\"@c.org", "\"a\"b\"@c.org", "a\t@b.org",
            String(repeating: "a", count: 65) + "@b.org",
            "a@" + String(repeating: "b.", count: 130) + "org", "a@" + String(repeating: "b", count: 64) + ".org",
        ])
    func badAddress(_ address: String) {
        #expect(throws: MailError.self) { try MailAddress(address) }
    }

    @Test(
        "A domain beyond ASCII is written as DNS has it",
        arguments: [
            ("info@münchen.example", "info@xn--mnchen-3ya.example"), ("info@MÜNCHEN.example", "info@xn--mnchen-3ya.example"),
            ("info@mu\u{308}nchen.example", "info@xn--mnchen-3ya.example"), ("info@例え.テスト", "info@xn--r8jz45g.xn--zckzah"),
            ("info@例え。テスト", "info@xn--r8jz45g.xn--zckzah"),
        ])
    func internationalDomain(address: String, written: String) throws {
        #expect(try MailAddress(address).address == written)
        #expect(try MailAddress(mailbox: "Info <\(address)>").domain == written.dropFirst("info@".count))
    }

    @Test("A local part beyond ASCII is refused with the reason")
    func internationalLocalPart() {
        let error = #expect(throws: MailError.self) { try MailAddress("用户@example.org") }
        #expect(error?.description.contains("SMTPUTF8, which is not supported") == true)
    }

    @Test(
        "What is pasted along around an address is no part of it, and a line break within it stays what it is",
        arguments: [
            " ada@example.org ", "ada@example.org\r\n", "\tada@example.org\n", "\u{a0}ada@example.org\u{200b}", "\u{feff}ada@example.org\u{3000}",
        ])
    func pasted(address: String) throws {
        #expect(try MailAddress(pasted: address).address == "ada@example.org")
        #expect(throws: MailError.headerInjection(field: "address")) { try MailAddress(pasted: "ada@example.org\r\nBcc: eve@example.org") }
    }
}
