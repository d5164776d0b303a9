import NIOCore
import Platform
import Testing

@testable import Sandbox

@Suite("The mail server takes what a client sends", .timeLimit(.minutes(30)))
struct MailServerTests {
    @Test("A session: greeting, extensions, one mail to two recipients, goodbye")
    func session() async throws {
        try await RunningSandbox.use { sandbox in
            try await Wire.talk(port: sandbox.smtp) { wire in
                let greeting = try await wire.mailReply()
                #expect(greeting?.hasPrefix("220 ") == true)
                let extensions = try #require(try await wire.command("EHLO me"))
                for name in ["8BITMIME", "PIPELINING", "SIZE", "AUTH PLAIN LOGIN"] { #expect(extensions.contains(name)) }
                #expect(!extensions.contains("STARTTLS"))
                let replies = [
                    try await wire.command("MAIL FROM:<a@example.org> SIZE=100 BODY=8BITMIME"), try await wire.command("RCPT TO:<b@example.org>"),
                    try await wire.command("rcpt to: <c@example.org>"), try await wire.command("DATA"),
                    try await wire.command("Subject: Hi\r\n\r\n..stuffed\r\n...twice\r\nno.stuff\r\n."), try await wire.command("QUIT"),
                ]
                #expect(replies.map { $0?.prefix(3) } == ["250", "250", "250", "354", "250", "221"])
            }
            let mails: [JSONValue] = try await sandbox.look("mails")
            let mail = try #require(mails.first)
            #expect(mails.count == 1)
            #expect(mail["sender"] == .string("a@example.org"))
            #expect(mail["recipients"] == .array([.string("b@example.org"), .string("c@example.org")]))
            #expect(mail["subject"] == .string("Hi"))
            #expect(mail["text"] == .string(".stuffed\r\n..twice\r\nno.stuff\r\n"))
            #expect(mail["raw"] == .string("Subject: Hi\r\n\r\n.stuffed\r\n..twice\r\nno.stuff\r\n"))
            let counts = sandbox.world.journals[.smtp].counts
            #expect((counts.requests, counts.effects, counts.inFlight) == (1, 1, 0))
            #expect(counts.statuses == ["250": 1])
        }
    }

    @Test("Pipelined commands are answered in their order, in whatever pieces they come")
    func pipelining() async throws {
        try await RunningSandbox.use { sandbox in
            try await Wire.talk(port: sandbox.smtp) { wire in
                _ = try await wire.mailReply()
                try await wire.send("EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<b@x>\r\nDA")
                let first = [try await wire.mailReply(), try await wire.mailReply(), try await wire.mailReply()]
                #expect(first.map { $0?.prefix(3) } == ["250", "250", "250"])
                try await wire.send("TA\r\n")
                let go = try await wire.mailReply()
                #expect(go?.hasPrefix("354") == true)
                try await wire.send("A: 1\r\n\r\nx\r\n.\r")
                try await wire.send("\nNOOP\r\nQUIT\r\n")
                let last = [try await wire.mailReply(), try await wire.mailReply(), try await wire.mailReply()]
                #expect(last.map { $0?.prefix(3) } == ["250", "250", "221"])
            }
            #expect(sandbox.world.mailbox.mails(since: 0, limit: nil, recipient: nil).count == 1)
        }
    }

    @Test("The same mail twice is two mails, told by number and recipient")
    func everyCopyCounts() async throws {
        try await RunningSandbox.use { sandbox in
            for recipient in ["a@x", "b@x", "b@x"] { try await Self.deliver(sandbox, to: [recipient]) }
            let all: [JSONValue] = try await sandbox.look("mails")
            let second: [JSONValue] = try await sandbox.look("mails?recipient=b@x")
            let rest: [JSONValue] = try await sandbox.look("mails?since=1&limit=1")
            #expect((all.count, second.count, rest.count) == (3, 2, 1))
            #expect(rest.first?["id"] == .integer(2))
            #expect(Set(all.map { $0["messageId"] }) == [.string("<same@example.org>")])
        }
    }

    @Test(
        "Commands out of order or misspelled are refused and the session goes on",
        arguments: [
            ("RCPT TO:<a@x>", "503"), ("DATA", "503"), ("MAIL TO:<a@x>", "501"), ("RCPT TO:a@x", "501"), ("HELP ME", "500"), ("STARTTLS", "502"),
            ("AUTH CRAM-MD5", "504"), ("AUTH", "501"), ("VRFY a", "252"), ("MAIL FROM:<a@x> SIZE=99999999999", "552"), ("", "500"),
        ])
    func refused(line: String, code: String) async throws {
        try await RunningSandbox.use { sandbox in
            try await Wire.talk(port: sandbox.smtp) { wire in
                _ = try await wire.mailReply()
                let reply = try await wire.command(line)
                #expect(reply?.hasPrefix(code) == true)
                let after = try await wire.command("NOOP")
                #expect(after?.hasPrefix("250") == true)
            }
        }
    }

    @Test("RSET drops the mail under way, and a longer mail than announced is refused whole")
    func resetAndSize() async throws {
        var settings = Settings()
        settings.maximumMailSize = 200
        try await RunningSandbox.use(settings) { sandbox in
            try await Wire.talk(port: sandbox.smtp) { wire in
                _ = try await wire.mailReply()
                _ = try await wire.command("MAIL FROM:<a@x>")
                _ = try await wire.command("RCPT TO:<b@x>")
                let reset = try await wire.command("RSET")
                #expect(reset?.hasPrefix("250") == true)
                let data = try await wire.command("DATA")
                #expect(data?.hasPrefix("503") == true)
                _ = try await wire.command("MAIL FROM:<a@x>")
                _ = try await wire.command("RCPT TO:<b@x>")
                _ = try await wire.command("DATA")
                let tooLong = try await wire.command(String(repeating: "x\r\n", count: 100) + ".")
                #expect(tooLong?.hasPrefix("552") == true)
            }
            try await Self.deliver(sandbox, to: ["b@x"])
            #expect(sandbox.world.mailbox.mails(since: 0, limit: nil, recipient: nil).count == 1)
        }
    }

    @Test("With a certificate there is STARTTLS, with a password nobody sends without it")
    func security() async throws {
        try await Certificate.use { certificate in
            var settings = Settings()
            settings.certificateFile = certificate.certificateFile
            settings.privateKeyFile = certificate.keyFile
            settings.smtpUser = "user"
            settings.smtpPassword = "pass"
            try await RunningSandbox.use(settings) { sandbox in
                try await Wire.talk(port: sandbox.smtp) { wire in
                    _ = try await wire.mailReply()
                    let plain = try #require(try await wire.command("EHLO me"))
                    #expect(plain.contains("STARTTLS") && !plain.contains("AUTH"))
                    let early = try await wire.command("AUTH PLAIN AHVzZXIAcGFzcw==")
                    #expect(early?.hasPrefix("538") == true)
                    let go = try await wire.command("STARTTLS")
                    #expect(go?.hasPrefix("220") == true)
                    try await wire.startTLS(certificateFile: certificate.certificateFile)
                    let secure = try #require(try await wire.command("EHLO me"))
                    #expect(!secure.contains("STARTTLS") && secure.contains("AUTH PLAIN LOGIN"))
                    let unknown = try await wire.command("MAIL FROM:<a@x>")
                    #expect(unknown?.hasPrefix("530") == true)
                    let wrong = try await wire.command("AUTH PLAIN AHVzZXIAd3Jvbmc=")
                    #expect(wrong?.hasPrefix("535") == true)
                    let asked = [
                        try await wire.command("AUTH LOGIN"), try await wire.command("dXNlcg=="), try await wire.command("cGFzcw=="),
                        try await wire.command("MAIL FROM:<a@x>"),
                    ]
                    #expect(asked.map { $0?.prefix(3) } == ["334", "334", "235", "250"])
                    let plainLogin = try await wire.command("AUTH PLAIN AHVzZXIAcGFzcw==")
                    #expect(plainLogin?.hasPrefix("235") == true)
                }
            }
        }
    }

    @Test("Python's smtplib, which checks certificate and name, sends a mail of two megabytes through TLS")
    func otherClient() async throws {
        try await Certificate.use { certificate in
            var settings = Settings()
            settings.certificateFile = certificate.certificateFile
            settings.privateKeyFile = certificate.keyFile
            try await RunningSandbox.use(settings) { sandbox in
                let client = """
                    import smtplib, ssl, sys
                    with smtplib.SMTP("localhost", int(sys.argv[1])) as server:
                        server.starttls(context=ssl.create_default_context(cafile=sys.argv[2]))
                        server.sendmail("a@x", ["b@x"], "Subject: long\\r\\n\\r\\n" + "0123456789abcdef\\r\\n" * 110_000)
                        server.noop()
                    """
                let status = try await Certificate.run(["python3", "-c", client, "\(sandbox.smtp)", certificate.certificateFile])
                #expect(status == 0)
                let mails = sandbox.world.mailbox.mails(since: 0, limit: nil, recipient: nil)
                #expect(mails.map(\.mail.raw.readableBytes) == [17 + 18 * 110_000])
            }
        }
    }

    @Test("Bytes that are no TLS end the session, and the next client is served")
    func notTLS() async throws {
        try await Certificate.use { certificate in
            var settings = Settings()
            settings.certificateFile = certificate.certificateFile
            settings.privateKeyFile = certificate.keyFile
            try await RunningSandbox.use(settings) { sandbox in
                try await Wire.talk(port: sandbox.smtp) { wire in
                    _ = try await wire.mailReply()
                    _ = try await wire.command("STARTTLS")
                    try await wire.send("MAIL FROM:<a@x>\r\n")
                    let rest = await wire.rest()
                    #expect(!rest.contains("250"))
                }
                try await Self.deliver(sandbox, to: ["b@x"])
                #expect(sandbox.world.mailbox.mails(since: 0, limit: nil, recipient: nil).count == 1)
            }
        }
    }

    @Test("A certificate or a key that cannot be used is named with its setting and its file")
    func unusableCertificate() async throws {
        try await Certificate.use { certificate in
            try await Certificate.use { other in
                let cases = [
                    ("/nowhere/c.pem", certificate.keyFile, "SANDBOX_TLS_CERT", "No such file"),
                    (certificate.keyFile, certificate.keyFile, "SANDBOX_TLS_CERT", "holds no certificate"),
                    (certificate.certificateFile, "/nowhere/k.pem", "SANDBOX_TLS_KEY", "No such file"),
                    (certificate.certificateFile, other.keyFile, "SANDBOX_TLS_KEY", "mismatch"),
                ]
                for (chain, key, variable, reason) in cases {
                    let error = #expect(throws: ConfigurationError.self) { try TLSCertificate(chainFile: chain, keyFile: key) }
                    #expect(error?.variable == variable)
                    #expect(error?.problem.contains(reason) == true)
                }
            }
        }
    }

    /// Sends one mail as a client does; the reply codes, the last being that of the text. Shorter when the connection was cut.
    @discardableResult
    static func deliver(_ sandbox: RunningSandbox, to recipients: [String]) async throws -> [String] {
        try await Wire.talk(port: sandbox.smtp) { wire in
            var codes: [String] = []
            guard let greeting = try await wire.mailReply() else { return codes }
            codes.append(String(greeting.prefix(3)))
            let lines =
                ["EHLO me", "MAIL FROM:<a@example.org>"] + recipients.map { "RCPT TO:<\($0)>" } + [
                    "DATA", "Subject: s\r\nMessage-ID: <same@example.org>\r\n\r\ntext\r\n.",
                ]
            for line in lines {
                // A text is only sent to a server that asked for it.
                if line.hasPrefix("Subject"), codes.last != "354" { break }
                guard let reply = try? await wire.command(line) else { break }
                codes.append(String(reply.prefix(3)))
            }
            return codes
        }
    }
}
