import Platform

/// A user whom a campaign may reach: a row of the campaign's statement.
struct Candidate: Decodable, Sendable {
    let userId: Int
    let email: String?
    let firstName: String?
    let language: String?
    /// The row that the mail is about, where there is one: an event, a booking.
    let subjectId: Int?
    /// Why the campaign leaves this user out, as far as the statement can see; nil for one whom it reaches.
    let leftOut: String?
    /// How many mails of today's limit are kept for mails that go first.
    let reserved: Int

    /// The user's name in messages to people.
    var name: String { subjectId.map { "user \(userId), \($0)" } ?? "user \(userId)" }

    /// The recipient of the mail; nil for a user without an address.
    var recipient: Recipient? { email.map { Recipient(email: $0, name: firstName ?? "", language: language) } }
}
