import Curl
import Foundation
import Testing

/// libcurl ends the text of a mail that it is told to forget: the server would take an empty or truncated mail for a whole one.
@Suite("A mail that is given up is not sent", .timeLimit(.minutes(30)))
struct SMTPAbandonTests {
    /// More than any buffer between the client and the server holds.
    private static let many = 400_000

    private static func text(lines: Int) -> String {
        String(repeating: "All seats on the left side of the hall, row after row.\n", count: lines)
    }

    @Test(
        "Cancelled while the server is slow, before the text and in the middle of it, a mail ends without its dot",
        arguments: [("MAIL", 1), ("RCPT", 1), ("DATA", 1), ("TEXT", many)])
    func cancelled(place: String, lines: Int) async throws {
        let peer = try await MailPeer(.init(hang: place))
        try await withClient { client in
            let mail = try SMTPTests.mail(text: Self.text(lines: lines))
            let sending = Task { await SMTPTests.failure(client, mail, peer.server()) }
            #expect(await eventually { peer.events.contains { $0.event == "hang" } })
            sending.cancel()
            #expect(await sending.value == .cancelled)
            try await expect(peer, noDotFrom: client)
        }
    }

    @Test("A mail whose time is up ends without its dot", arguments: [("DATA", 1), ("TEXT", many)])
    func timedOut(place: String, lines: Int) async throws {
        let peer = try await MailPeer(.init(hang: place))
        try await withClient { client in
            var server = peer.server()
            server.timeout = .seconds(2)
            #expect(await SMTPTests.failure(client, try SMTPTests.mail(text: Self.text(lines: lines)), server) == .timedOut)
            try await expect(peer, noDotFrom: client)
        }
    }

    @Test("A client that is closed leaves no dot behind, and does not wait for the server")
    func closed() async throws {
        let peer = try await MailPeer(.init(hang: "DATA"))
        try await withClient { client in
            let mail = try SMTPTests.mail()
            let sending = Task { await SMTPTests.failure(client, mail, peer.server()) }
            #expect(await eventually { peer.events.contains { $0.event == "hang" } })
            await client.close()
            #expect(await sending.value == .closed)
        }
        #expect(await eventually { peer.events.contains { $0.event == "rest" } })
        #expect(peer.events.first { $0.event == "rest" }?.line?.contains("\r\n.\r\n") == false)
        #expect(peer.mails.isEmpty)
    }

    /// The mail after it lets the server read on where it had stopped, and is the only one that it takes.
    private func expect(_ peer: MailPeer, noDotFrom client: CurlClient) async throws {
        _ = try await client.send(try SMTPTests.mail(id: "next@test"), through: peer.server())
        #expect(await eventually { peer.events.contains { $0.event == "rest" } && !peer.mails.isEmpty })
        let rest = try #require(peer.events.first { $0.event == "rest" }?.line)
        #expect(!rest.hasPrefix(".\r\n") && !rest.contains("\r\n.\r\n"))
        #expect(peer.mails.map { $0.header("Message-ID") } == ["<next@test>"])
    }
}
