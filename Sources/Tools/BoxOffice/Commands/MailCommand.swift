import ArgumentParser
import FoundationEssentials
import Platform

/// Shows the mails that customers and organizers get, and checks what arrived.
struct MailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mail", abstract: "Look at the mails of all services.", subcommands: [Preview.self, Check.self])

    /// Writes mails as files.
    struct Preview: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write mails with sample facts as files: HTML, text and the whole message, with an index.html.")

        @Argument(help: "The mail, such as booking-confirmed. All of them by default.") var kind: String?
        @Option(help: "Its language, such as es. All of them by default.") var language: String?
        @Option(help: "The folder to write to; it is made if need be.") var out = "mails"

        func validate() throws {
            let languages = try MailPreview.templates().languages
            if let kind, languages[kind] == nil {
                throw ValidationError("There is no mail \(kind). The mails are:\n  \(languages.keys.sorted().joined(separator: "\n  "))")
            }
            let known = Set(kind.map { languages[$0] ?? [] } ?? languages.values.flatMap { $0 })
            if let language, !known.contains(language) {
                throw ValidationError("There is no mail in the language \(language), only in \(known.sorted().joined(separator: ", ")).")
            }
        }

        func run() throws {
            let previews = try MailPreview.all(kind: kind, language: language)
            do {
                try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
                for preview in previews {
                    try write(Array(preview.html.utf8), as: "\(preview.fileName).html")
                    if let chart = preview.chart { try write(chart.content, as: chart.name) }
                    try write(Array(preview.mail.text.utf8), as: "\(preview.fileName).txt")
                    try write(preview.message(at: Date()), as: "\(preview.fileName).eml")
                }
                try write(Array(MailPreview.index(of: previews).utf8), as: "index.html")
            } catch let error as CocoaError {
                throw Failure("the mails cannot be written to \(out): \(error)")
            }
            Terminal.say("\(previews.count) \(previews.count == 1 ? "mail" : "mails"), listed in \(out)/index.html")
        }

        private func write(_ bytes: [UInt8], as name: String) throws {
            try Data(bytes).write(to: URL(filePath: "\(out)/\(name)"))
        }
    }

    /// Checks a mail as it arrived.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a campaign's mail as it arrived: its List-Unsubscribe headers, and whether its DKIM signatures cover them.",
            discussion: "Save it in the mail program as it is (\"show original\"). Ends with 1 when something is wrong.")

        @Argument(help: "The file; standard input by default.") var file: String?

        func run() throws {
            let findings = CampaignMailCheck(ReceivedMail(try bytes())).findings
            for finding in findings {
                Terminal.say("\(finding.problem == nil ? "ok      " : "PROBLEM ")\(finding.subject)\(finding.problem.map { " " + $0 } ?? "")")
            }
            if findings.contains(where: { $0.problem != nil }) { throw ExitCode.failure }
        }

        private func bytes() throws -> [UInt8] {
            guard let file else {
                var bytes: [UInt8] = []
                while let line = readLine(strippingNewline: false) { bytes += line.utf8 }
                return bytes
            }
            do {
                return Array(try Data(contentsOf: URL(filePath: file)))
            } catch {
                throw Failure("\(file) cannot be read: \(error)")
            }
        }
    }
}
