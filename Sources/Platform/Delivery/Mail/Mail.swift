import Contracts

/// What happened to somebody, to be written to them. It waits as a template's name and facts and is rendered when it is sent, in their language.
public struct Mail: Sendable {
    /// The template's name without language: `booking-confirmed`.
    public let template: String
    /// To whom.
    public let to: Recipient
    /// What the template may name, beside `name` and `frontend`.
    public let facts: [String: MailFact]
    /// `<template or kind>/<id>`: a second mail with the same key is never sent.
    public let dedupeKey: String

    /// A mail about something that happens once.
    /// - Parameters:
    ///   - template: The name of the template's files without language: `booking-confirmed`.
    ///   - id: What it is about (a booking, say); with the template's name it is the dedupe key, `booking-confirmed/123`.
    ///   - kind: Takes the template's place in the key when several templates are one kind of mail: somebody gets one of them.
    ///   - facts: What the template may name.
    public init(_ template: String, about id: Int, kind: String? = nil, to contact: Recipient, facts: [String: MailFact]) {
        self.template = template
        self.to = contact
        self.facts = facts
        self.dedupeKey = "\(kind ?? template)/\(id)"
    }

    /// The delivery's payload.
    var json: String {
        "{\"template\":\(LineLogHandler.quoted(template)),\"to\":\(to.json),\"facts\":\(MailFact.json(facts))}"
    }
}

extension Transaction {
    /// Writes to people, once this transaction has committed. A mail whose key is known already is not sent again.
    /// - Parameter cause: The trace of the message that led to it; by default that of the current task.
    public func mail(_ mails: [Mail], causedBy cause: TraceContext? = .current) throws {
        try deliver(mails.map { OutboundDelivery(kind: .mail, dedupeKey: $0.dedupeKey, json: $0.json, causedBy: cause) })
    }
}
