import Contracts
import Foundation
import Platform
import Postgres
import Support
import Testing

@testable import Marketing

@Suite("Header fields for mail programs")
struct ListHeaderTests {
    /// 121 characters, with hyphens and underscores around the column where lines are folded.
    private static let url = "https://mail.shop.example/" + String(repeating: "a-_long-_path", count: 7) + "/abc"

    @Test("B1: a mail with a long URL has every field whole on one line, once, as Python's old and new parser read it; links in the body survive")
    func raw() async throws {
        #expect(Self.url.utf8.count == 121)
        let settings = ["UNSUBSCRIBE_URL": Self.url, "UNSUBSCRIBE_MAILTO": "unsubscribe@shop.example"]
        try await MarketingFixture.open(at: "2026-11-23T10:00:00Z", settings: settings) { fixture in
            try await fixture.user(1, name: "Zoë <b>")
            try await fixture.event(1, starts: "2026-12-01T20:00:00Z", title: "Ünter den Linden")
            try await fixture.booking(1, user: 1, event: 1, created: "2026-11-20")
            try await fixture.run(.marketingSendWeeklyNewsletter)
            try await fixture.environment.eventually("select count(*) from marketing.deliveries where status = 'sent'", 1)
            let mail = try #require(try await fixture.stubs.mails().first)
            let keys = UnsubscribeKeys(current: StubServices.unsubscribeKey)
            let token = keys.text(of: UnsubscribeToken(user: 1, scope: .newsletter))
            let page = "\(Self.url)/unsubscribe?token=\(token)"
            #expect(page.utf8.count < 200)
            let lines = mail.raw.components(separatedBy: "\r\n")
            #expect(lines.filter { $0.hasPrefix("List-Unsubscribe: ") } == ["List-Unsubscribe: <\(page)>,"])
            #expect(lines.contains(" <mailto:unsubscribe@shop.example?subject=\(token)>"))
            #expect(lines.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"))
            #expect(lines.allSatisfy { $0.utf8.count < 998 })
            for read in try Self.parsed(mail.raw) {
                #expect(
                    read.headers == [
                        "List-Unsubscribe": ["<\(page)>, <mailto:unsubscribe@shop.example?subject=\(token)>"],
                        "List-Unsubscribe-Post": ["List-Unsubscribe=One-Click"], "List-Id": ["<newsletter.boxoffice.example>"],
                        "Precedence": ["bulk"], "Feedback-ID": ["newsletter:newsletter:campaign:boxofficeexampl"],
                    ])
                #expect(read.text.contains(page))
                #expect(read.html.contains("href=\"\(page)\""))
            }
        }
    }

    private struct Read: Decodable {
        let headers: [String: [String]]
        let text: String
        let html: String
    }

    /// What Python's `email` makes of it under its policies `compat32` and `SMTP`.
    private static func parsed(_ raw: String) throws -> [Read] {
        let script = """
            import email, email.policy, json, sys
            raw, read = sys.stdin.buffer.read(), []
            names = ["List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Precedence", "Feedback-ID"]
            for policy in (email.policy.compat32, email.policy.SMTP):
                mail = email.message_from_bytes(raw, policy=policy)
                parts = {part.get_content_type(): part.get_payload(decode=True).decode() for part in mail.walk() if not part.is_multipart()}
                headers = {name: [" ".join(str(value).split()) for value in mail.get_all(name, [])] for name in names}
                read.append({"headers": headers, "text": parts["text/plain"], "html": parts["text/html"]})
            print(json.dumps(read))
            """
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(raw.utf8))
        try input.fileHandleForWriting.close()
        let result = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return try JSONDecoder().decode([Read].self, from: result)
    }
}
