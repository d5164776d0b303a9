import Foundation
import Testing

@testable import BoxOffice

@Suite("A campaign's mail as it arrived is checked")
struct MailCheckTests {
    private static let signed = "from:to:subject:list-unsubscribe:list-unsubscribe-post:from:List-Unsubscribe : list-unsubscribe-post"

    private static func mail(
        unsubscribe: String = "<https://example.org/unsubscribe?token=abc>,\r\n <mailto:unsubscribe@example.org?subject=abc>",
        post: String = "List-Unsubscribe=One-Click", more: String = "", signed: String? = signed
    ) -> ReceivedMail {
        let signature = signed.map { "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x;\r\n\th=\($0); bh=aa=; b=bb\r\n" } ?? ""
        return ReceivedMail(
            """
            Received: by mx\r
            \(signature)List-Unsubscribe: \(unsubscribe)\r
            List-Unsubscribe-Post: \(post)\r
            List-Id: <newsletter.example.org>\r
            From: Box Office <tickets@example.org>\r
            \(more)\r
            List-Id: a line of the text\r

            """.utf8)
    }

    private static func problems(_ mail: ReceivedMail) -> [String] {
        CampaignMailCheck(mail).findings.compactMap { finding in finding.problem.map { "\(finding.subject) \($0)" } }
    }

    @Test("One that is signed over what its button depends on, once more than it is there, is in order; folded fields are read whole")
    func inOrder() { #expect(Self.problems(Self.mail()) == []) }

    @Test(
        "What keeps the button from being shown is named",
        arguments: [
            (mail(post: "\"List-Unsubscribe=One-Click\""), "List-Unsubscribe-Post is \"List-Unsubscribe=One-Click\", and not"),
            (mail(unsubscribe: "=?utf-8?q?=3Chttps://example.org=3E?="), "List-Unsubscribe is encoded"),
            (mail(unsubscribe: "https://example.org/u"), "List-Unsubscribe is no list of <…>"),
            (mail(unsubscribe: "<mailto:unsubscribe@example.org>"), "List-Unsubscribe has no https address"),
            (mail(unsubscribe: "<https://example.org/\(String(repeating: "a", count: 200))>"), "List-Unsubscribe has an address of 220 bytes"),
            (mail(unsubscribe: "<https://example.org/\(String(repeating: "a", count: 1000))>"), "List-Unsubscribe has a line of"),
            (mail(more: "List-Unsubscribe: <https://elsewhere.example>\r\n"), "List-Unsubscribe is there 2 times"),
            (mail(signed: nil), "DKIM-Signature is missing"),
            (mail(signed: "from:list-unsubscribe:from:list-unsubscribe"), "DKIM-Signature of example.org list-unsubscribe-post is not signed"),
            (
                mail(signed: "from:from:list-unsubscribe:list-unsubscribe-post:list-unsubscribe-post"),
                "DKIM-Signature of example.org list-unsubscribe can be added once more on the way: sign it 2 times"
            ),
        ])
    func problem(mail: ReceivedMail, expected: String) {
        let problems = Self.problems(mail)
        #expect(problems.first?.hasPrefix(expected) == true, "\(problems)")
    }
}
