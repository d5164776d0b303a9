import Contracts

/// A mail to a user. It is stored as a template's name and facts, and rendered in the user's language when it is sent.
public struct Mail: Sendable {
    /// The template's name without language: `booking-confirmed`.
    public let template: String
    /// The recipient.
    public let to: Recipient
    /// The values that the template may name, besides `name` and `frontend`.
    public let facts: [String: MailFact]
    /// The charts that the template may show, as the list `charts` (``MailChart/facts(source:)``).
    public let charts: [MailChart]
    /// The list that the recipient can unsubscribe from; nil for a mail about the recipient's own affairs.
    public let subscription: MailSubscription?
    /// `<template or kind>/<id>`: a second mail with the same key is never sent.
    public let dedupeKey: String

    /// A mail about something that happens once.
    /// - Parameters:
    ///   - template: The name of the template's files without language: `booking-confirmed`.
    ///   - id: The row it is about (a booking, say); with the template's name it is the dedupe key,
    ///     `booking-confirmed/123`.
    ///   - kind: Replaces the template's name in the key when several templates are one kind of mail, of which only one
    ///     is sent.
    ///   - facts: The values that the template may name.
    ///   - charts: The charts that the template may show.
    ///   - subscription: What the recipient can unsubscribe from.
    public init(
        _ template: String, about id: Int, kind: String? = nil, to contact: Recipient, facts: [String: MailFact], charts: [MailChart] = [],
        subscription: MailSubscription? = nil
    ) {
        self.template = template
        self.to = contact
        self.facts = facts
        self.charts = charts
        self.subscription = subscription
        self.dedupeKey = "\(kind ?? template)/\(id)"
    }

    /// The delivery's payload.
    var json: String {
        let shown = charts.isEmpty ? "" : ",\"charts\":[\(charts.map(\.json).joined(separator: ","))]"
        let listed = subscription.map { ",\"subscription\":\($0.json)" } ?? ""
        return "{\"template\":\(JSONText.quoted(template)),\"to\":\(to.json),\"facts\":\(MailFact.json(facts))\(shown)\(listed)}"
    }
}

extension Transaction {
    /// Sends mails once this transaction has committed. A mail whose key is known already is not sent again.
    /// - Parameter cause: The trace of the message that caused it; by default that of the current task.
    public func mail(_ mails: [Mail], causedBy cause: TraceContext? = .current) throws {
        try deliver(mails.map { OutboundDelivery(kind: .mail, dedupeKey: $0.dedupeKey, json: $0.json, causedBy: cause) })
    }
}
