import Curl
import FoundationEssentials
import Platform

/// One mail of a service in one language, with sample facts.
struct MailPreview {
    /// The template's name, without language.
    let kind: String
    let language: String
    let mail: RenderedMail

    /// The name of its files, without extension.
    var fileName: String { "\(kind).\(language)" }

    /// The templates of all services.
    static func templates() throws -> MailTemplates { try MailTemplates(Embedded.files) }

    /// All mails, or those of a kind or language, in alphabetical order.
    static func all(kind: String? = nil, language: String? = nil) throws -> [MailPreview] {
        let templates = try templates()
        var previews: [MailPreview] = []
        for (name, languages) in templates.languages.sorted(by: { $0.key < $1.key }) where kind == nil || kind == name {
            for code in languages where language == nil || language == code {
                guard let facts = MailSamples.facts(in: code)[name] else { throw Failure("there are no sample facts for the mail \(name)") }
                let mail = try templates.rendered(
                    name, in: code, facts: facts, for: MailSamples.recipient, frontend: MailSamples.frontend)
                if let mail { previews.append(MailPreview(kind: name, language: code, mail: mail)) }
            }
        }
        return previews
    }

    /// The file with its chart, where it has one; ``html`` shows it.
    var chart: (name: String, content: [UInt8])? { mail.html.contains(Self.chartSource) ? ("\(fileName).png", ReportSamples.chart.image) : nil }

    /// The HTML as a browser shows it: a chart that is a part of the message is a file beside it.
    var html: String { chart.map { mail.html.replacing(Self.chartSource, with: $0.name) } ?? mail.html }

    private static let chartID = "chart0.sample@boxoffice.example"
    private static let chartSource = "cid:\(chartID)"

    /// The whole message, as a mail server would get it.
    func message(at date: Date) throws -> [UInt8] {
        let message = MailMessage(
            from: try MailAddress("tickets@boxoffice.example", name: "Box Office"),
            to: [try MailAddress("zoe@example.org", name: MailSamples.recipient)], subject: mail.subject, text: mail.text, html: mail.html,
            images: chart.map { [MailImage(contentID: Self.chartID, type: "image/png", content: $0.content)] } ?? [],
            headers: [("Auto-Submitted", "auto-generated")], messageID: "\(kind).1@boxoffice.example", date: date)
        return try message.rendered()
    }

    /// A page that links to the files of these mails.
    static func index(of previews: [MailPreview]) -> String {
        let rows = previews.map { preview in
            let links = ["html", "txt", "eml"].map { "<a href=\"\(preview.fileName).\($0)\">\($0)</a>" }.joined(separator: " ")
            return
                "<tr><td>\(preview.kind)<td>\(preview.language)<td>\(links)<td>\(preview.mail.subject.replacing("&", with: "&amp;").replacing("<", with: "&lt;"))"
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>The mails of Box Office</title>
            <style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem}td,th{padding:.25rem 1rem .25rem 0;text-align:left}</style>
            <h1>The mails of Box Office</h1>
            <table><tr><th>Mail<th>Language<th>Files<th>Subject
            \(rows.joined(separator: "\n"))
            </table>

            """
    }
}
