import Contracts
import FoundationEssentials

/// The mails about an alert: one when it begins and one when it is over, to each recipient.
struct AlertMail: Sendable {
    /// The template, which is Platform's own.
    static let template = "alert"

    let id: Int
    let kind: String
    let subject: String
    let service: String
    let since: Date
    let summary: String
    var advice = ""
    var figures: [String: String] = [:]
    /// When it ended; nil for the mail about its beginning.
    var until: Date?

    /// A mail for each recipient; the keys are unique for the alert, the recipient and which of the two mails it is.
    func mails(to recipients: [Recipient]) -> [Mail] {
        recipients.map { recipient in
            Mail(Self.template, about: id, kind: "alert-\(until == nil ? "opened" : "ended")/\(recipient.email)", to: recipient, facts: facts)
        }
    }

    private var facts: [String: MailFact] {
        [
            "kind": .text(kind), "subject": .text(subject), "service": .text(service), "since": time(since), "summary": .text(summary),
            "advice": .text(advice), "over": .text(until == nil ? "" : "yes"), "ended": time(until ?? since),
            "open": .text(until == nil ? "yes" : ""),
            "figures": .list(figures.sorted { $0.key < $1.key }.map { ["label": .text($0.key), "value": .text($0.value)] }),
        ]
    }

    private func time(_ instant: Date) -> MailFact { .localTime(String(RFC3339.string(from: instant).prefix(16)), zone: "UTC") }
}
