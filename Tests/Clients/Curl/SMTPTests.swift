import Curl
import Foundation
import Testing

@Suite("SMTP", .timeLimit(.minutes(30)))
struct SMTPTests {
    static func mail(
        to: [String] = ["ada@example.org"], subject: String = "Your tickets", text: String = "See you there.\n", html: String? = nil,
        id: String = "booking-confirmation.7@boxoffice.example"
    ) throws -> MailMessage {
        MailMessage(
            from: try MailAddress("tickets@boxoffice.example", name: "Box Office"), to: try to.map { try MailAddress($0) }, subject: subject,
            text: text, html: html, messageID: id, date: Date(timeIntervalSince1970: 1_763_712_000))
    }

    /// The error of sending; nil if it was sent.
    static func failure(_ client: CurlClient, _ mail: MailMessage, _ server: SMTPServer) async -> CurlError? {
        do throws(CurlError) {
            _ = try await client.send(mail, through: server)
            return nil
        } catch {
            return error
        }
    }

    @Test("A mail goes out to all of its recipients in one transaction, and the receipt says what the server said")
    func recipients() async throws {
        let peer = try await MailPeer()
        try await withClient { client in
            var mail = try Self.mail(to: ["ada@example.org", "bob@example.org"])
            mail.cc = [try MailAddress("cleo@example.org")]
            mail.bcc = [try MailAddress("dan@example.org"), try MailAddress("ada@example.org")]
            let receipt = try await client.send(mail, through: peer.server())
            #expect(receipt == SMTPReceipt(response: "250 2.0.0 ok 2.0.0 queued as 1-1", code: 250))
            let seen = try await peer.mail()
            #expect(peer.mails.count == 1 && peer.commands.first == "EHLO box.test")
            #expect(seen.recipients == ["ada@example.org", "bob@example.org", "cleo@example.org", "dan@example.org"])
            #expect(seen.envelopeFrom == "tickets@boxoffice.example" && seen.raw?.contains("dan@") == false)
        }
    }

    @Test("STARTTLS is used when it is offered, and the login comes after it")
    func startTLS() async throws {
        let peer = try await MailPeer(.init(starttls: true, auth: .init()))
        try await withClient { client in
            _ = try await client.send(Self.mail(), through: peer.server(user: "box", password: "p4ss w\u{F6}rd"))
            let seen = try await peer.mail()
            #expect(seen.tls == true && seen.user == "box")
            #expect(peer.events.filter { $0.line?.hasPrefix("AUTH") == true }.allSatisfy { $0.tls == true })
        }
    }

    @Test("A mail that requires TLS is not sent to a server that offers none, nor over a connection made without it")
    func requiredTLS() async throws {
        let peer = try await MailPeer()
        try await withClient { client in
            _ = try await client.send(Self.mail(), through: peer.server())
            let error = await Self.failure(client, try Self.mail(), peer.server(tls: .required))
            guard case .tls = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
        await peer.ended()
        #expect(peer.mails.count == 1)
    }

    @Test("A certificate of an unknown authority is refused before anything is said")
    func unknownAuthority() async throws {
        let peer = try await MailPeer(.init(starttls: true))
        try await withClient { client in
            var server = peer.server()
            server.caFile = nil
            guard case .tls = await Self.failure(client, try Self.mail(), server) else {
                Issue.record("it was not refused")
                return
            }
        }
        await peer.ended()
        #expect(!peer.commands.contains { $0.hasPrefix("MAIL") })
    }

    @Test("Implicit TLS encrypts from the first byte")
    func implicitTLS() async throws {
        let peer = try await MailPeer(.init(implicit: true))
        try await withClient { client in
            _ = try await client.send(Self.mail(), through: peer.server(tls: .implicit))
            let seen = try await peer.mail()
            #expect(seen.tls == true && !peer.commands.contains("STARTTLS"))
        }
    }

    @Test("A wrong password is a permanent error with the server's words and without the password", arguments: ["PLAIN", "LOGIN"])
    func wrongPassword(mechanism: String) async throws {
        let peer = try await MailPeer(.init(starttls: true, auth: .init(), mechanisms: mechanism))
        try await withClient { client in
            let error = try #require(await Self.failure(client, try Self.mail(), peer.server(user: "box", password: "hunter2")))
            #expect(error == .smtp(code: 535, response: "535 5.7.8 wrong user or password", stage: .session) && !error.isTransient)
            #expect(!"\(error)".contains("hunter2"))
        }
        await peer.ended()
        #expect(peer.mails.isEmpty)
    }

    @Test("LOGIN works where PLAIN is not offered")
    func login() async throws {
        let peer = try await MailPeer(.init(auth: .init(), mechanisms: "LOGIN"))
        try await withClient { client in
            _ = try await client.send(Self.mail(), through: peer.server(user: "box", password: "p4ss w\u{F6}rd"))
            #expect(try await peer.mail().user == "box")
        }
    }

    @Test("A password never leaves this machine in clear text")
    func insecureLogin() async throws {
        try await withClient { client in
            let server = SMTPServer(host: "mail.example.org", port: 25, user: "box", password: "hunter2", tls: .none)
            let error = await Self.failure(client, try Self.mail(), server)
            #expect(error == .insecureLogin(host: "mail.example.org"))
            #expect(!"\(server) \(String(reflecting: server))".contains("hunter2"))
        }
    }

    @Test(
        "A refusal keeps its code and text: 4xx is worth another try, 5xx is not",
        arguments: [
            ("MAIL", "451 4.3.0 later", 451, SMTPStage.sender), ("RCPT:bob@example.org", "550 5.1.1 nobody here", 550, .recipient),
            ("DATA", "452 4.3.1 disk full", 452, .data), ("END", "554 5.7.1 spam", 554, .message),
        ])
    func refusal(command: String, text: String, code: Int, stage: SMTPStage) async throws {
        let peer = try await MailPeer(.init(replies: [command: text]))
        try await withClient { client in
            let error = await Self.failure(client, try Self.mail(to: ["ada@example.org", "bob@example.org"]), peer.server())
            #expect(error == .smtp(code: code, response: text, stage: stage))
            #expect(error?.isTransient == (code < 500))
        }
        await peer.ended()
        #expect(peer.mails.count == (command == "END" ? 1 : 0))
    }

    @Test("What is refused before a recipient is named is us, not the mail", arguments: [("421 4.7.0 too busy", 421), ("554 5.7.1 go away", 554)])
    func greeting(text: String, code: Int) async throws {
        let peer = try await MailPeer(.init(greeting: text))
        try await withClient { client in
            let error = await Self.failure(client, try Self.mail(), peer.server())
            #expect(error == .smtp(code: code, response: text, stage: .session) && error?.isTransient == (code < 500))
        }
    }

    @Test("A refusal on a kept connection has its own stage")
    func refusedLater() async throws {
        let peer = try await MailPeer(
            .init(replies: ["MAIL:bad@boxoffice.example": "553 5.7.1 not yours", "RCPT:bob@example.org": "550 5.1.1 nobody here"]))
        try await withClient { client in
            _ = try await client.send(Self.mail(), through: peer.server())
            var mail = try Self.mail()
            mail.envelopeSender = "bad@boxoffice.example"
            #expect(await Self.failure(client, mail, peer.server()) == .smtp(code: 553, response: "553 5.7.1 not yours", stage: .sender))
            _ = try await client.send(Self.mail(), through: peer.server())
            #expect(
                await Self.failure(client, try Self.mail(to: ["bob@example.org"]), peer.server())
                    == .smtp(code: 550, response: "550 5.1.1 nobody here", stage: .recipient))
        }
    }

    @Test("Mails share a connection")
    func reuse() async throws {
        let peer = try await MailPeer(.init(starttls: true, auth: .init()))
        try await withClient { client in
            for number in 1...5 {
                let server = peer.server(user: "box", password: "p4ss w\u{F6}rd")
                let receipt = try await client.send(Self.mail(), through: server)
                #expect(receipt.response.hasSuffix("1-\(number)"))
            }
            #expect(await eventually { peer.mails.count == 5 })
            #expect(peer.connections == 1 && peer.commands.count { $0.hasPrefix("EHLO") } == 2)
        }
    }

    @Test("A mail survives that the server has closed the kept connection")
    func staleConnection() async throws {
        let peer = try await MailPeer(.init(dropAfter: 1))
        try await withClient { client in
            for _ in 1...3 { _ = try await client.send(Self.mail(), through: peer.server()) }
            #expect(await eventually { peer.mails.map(\.connection) == [1, 2, 3] })
        }
    }

    @Test("A server that falls silent costs the time-out, and does not hold up the end of the client")
    func silence() async throws {
        let peer = try await MailPeer(.init(hang: "DATA"))
        try await withClient { client in
            var server = peer.server()
            server.timeout = .milliseconds(300)
            let error = await Self.failure(client, try Self.mail(), server)
            #expect(error == .timedOut)
        }
        let sullen = try await MailPeer(.init(replies: ["MAIL": "451 4.3.0 later"], goodbye: false))
        try await withClient { client in
            var server = sullen.server()
            server.timeout = .seconds(60)
            let start = ContinuousClock.now
            let error = await Self.failure(client, try Self.mail(), server)
            #expect(error == .smtp(code: 451, response: "451 4.3.0 later", stage: .sender) && start.duration(to: .now) < .seconds(20))
        }
        let polite = try await MailPeer(.init(goodbye: false))
        var start = ContinuousClock.now
        try await withClient { client in
            _ = try await client.send(Self.mail(), through: polite.server())
            start = .now
        }
        #expect(start.duration(to: .now) < .seconds(20))
        #expect(await eventually { polite.commands.contains("QUIT") })
    }

    @Test("Sixty mails at once all arrive")
    func manyAtOnce() async throws {
        let peer = try await MailPeer()
        try await withClient(maximumConnectionsPerHost: 4) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...60 {
                    group.addTask { _ = try await client.send(Self.mail(id: "many.\(number)@test"), through: peer.server()) }
                }
                try await group.waitForAll()
            }
            #expect(await eventually { peer.mails.count == 60 })
            #expect(Set(peer.mails.compactMap { $0.header("Message-ID") }).count == 60 && peer.connections <= 4)
        }
    }
}
