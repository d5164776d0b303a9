import Curl
import Foundation
import Platform
import Testing

@testable import BoxOffice

/// How every mail looks, in each language, with harmless and with hostile facts. How readers of mail treat HTML is known from
/// https://www.caniemail.com and https://github.com/hteumeuleu/email-bugs.
@Suite("Mails look well")
struct MailLookTests {
    private struct Problem: Decodable {
        let mail: String
        let view: String
        let problem: String
    }

    private static let chromium = ProcessInfo.processInfo.environment["BOXOFFICE_CHROMIUM"].flatMap { $0.isEmpty ? nil : $0 }

    @Test(
        "Nothing overflows on a phone or a desktop, and all text has the contrast of WCAG AA, in light and dark, without <style>, darkened and inverted",
        .enabled(if: chromium != nil, "BOXOFFICE_CHROMIUM must name a Chromium; `make test` sets it where apt has one"))
    func browser() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mails-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let mails = try HostileMails.all.get()
        #expect(mails.count >= 3 * 28)
        for mail in mails { try mail.mail.html.write(to: folder.appending(path: "\(mail.name).html"), atomically: false, encoding: .utf8) }
        let python = try #require(
            ProcessInfo.processInfo.environment["BOXOFFICE_PYTHON"],
            "BOXOFFICE_PYTHON must name a Python with Tests/requirements.txt; `make test` sets it")
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Browser/mails.py")
        let tool = CommandLineTool(program: URL(filePath: python))
        let outcome = try await tool("-B", script.path, folder.path)
        try #require(outcome.status == 0, "\(outcome.errors)")
        let problems = try outcome.json(as: [Problem].self)
        for problem in problems.prefix(20) { Issue.record("\(problem.mail), \(problem.view): \(problem.problem)") }
        #expect(problems.isEmpty, "\(problems.count) problems")
    }

    @Test("No mail is so long that a reader clips its end, decoded or encoded")
    func length() throws {
        for mail in try HostileMails.all.get() {
            #expect(mail.mail.html.utf8.count < 100_000, "\(mail.name)")
            let message = MailMessage(
                from: try MailAddress("tickets@boxoffice.example"), to: [try MailAddress("a@b.example")], subject: "", text: "",
                html: mail.mail.html, messageID: "a@b.example", date: Date())
            #expect(try message.rendered().count < 100_000, "\(mail.name)")
            #expect(mail.mail.html.hasSuffix("</html>\n"))
        }
    }

    @Test("Each element declares its text colour and its background together, so that no reader changes one of them alone")
    func pairs() throws {
        for mail in try HostileMails.all.get() where mail.name.hasSuffix(".sample") {
            for style in mail.mail.html.matches(of: /style="([^"]*)"/).map(\.1) {
                let declared = Set(style.split(separator: ";").compactMap { $0.split(separator: ":").first.map(String.init) })
                #expect(declared.contains("color") == declared.contains("background"), "\(mail.name): \(style)")
                #expect(!declared.contains("background-color") && !declared.contains("background-image"))
            }
        }
    }

    @Test("The rules stand in one <style> in the head that Gmail keeps, and nothing comes from another host")
    func rules() throws {
        let mail = try #require(try HostileMails.all.get().first { $0.name == "newsletter.en.sample" }).mail.html
        let style = try #require(mail.firstMatch(of: /<!\[endif\]-->\s*<style>([^<]*)<\/style>\s*<\/head>/)).1
        #expect(style.utf8.count < 16_000)
        var depth = 0
        for character in style {
            if character == "{" { depth += 1 }
            if character == "}" { depth -= 1 }
            #expect(character != "@" || depth == 0)
        }
        for name in ["color-scheme", "supported-color-schemes"] { #expect(mail.contains("<meta name=\"\(name)\" content=\"light dark\">")) }
        #expect(style.contains("(prefers-color-scheme:dark)"))
        #expect(!mail.contains("<img") && !mail.contains("url(") && !mail.contains("<link") && !mail.contains("<script"))
        for table in mail.matches(of: /<table[^>]*>/) { #expect(table.output.contains("role=\"presentation\"")) }
    }
}
