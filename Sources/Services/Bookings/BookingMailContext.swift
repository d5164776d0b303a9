import Contracts
import Cron
import FoundationEssentials
import Platform

/// A booking as a mail tells of it: to whom, and what every mail says. A row of the view `mailContexts`.
struct BookingMailContext: Decodable, Sendable {
    let bookingId: Int
    let reference: String
    let quantity: Int
    let totalAmount: Int
    let currency: String
    let userId: Int
    /// Nil when there is no such user.
    let firstName: String?
    let email: String?
    let language: String?
    let eventId: Int
    /// Nil when there is no such event, as everything below.
    let title: String?
    let location: String?
    let startsAt: Date?
    let timeZone: String?

    /// What people call the booking.
    var name: String { "booking \(reference)" }

    /// The mail that tells the news.
    /// - Throws: ``UndeliverableMail`` when something that it needs is missing or wrong.
    func mail(_ mail: BookingMail) throws(UndeliverableMail) -> Mail {
        guard let firstName else { throw UndeliverableMail("user \(userId) does not exist") }
        guard let email else { throw UndeliverableMail("user \(userId) has no e-mail address") }
        guard let title, let startsAt, let timeZone else { throw UndeliverableMail("event \(eventId) does not exist") }
        var facts = mail.facts(of: self)
        facts["reference"] = .text(reference)
        facts["event"] = .text(title)
        facts["time"] = try time(startsAt, in: timeZone)
        facts["place"] = .text(location ?? "")
        facts["tickets"] = .number(quantity)
        let contact = Recipient(email: email, name: firstName, language: language)
        return Mail(mail.template, about: bookingId, kind: mail.kind, to: contact, facts: facts)
    }

    /// The time on the clocks at the event.
    private func time(_ instant: Date, in name: String) throws(UndeliverableMail) -> MailFact {
        do {
            return .time(instant, in: try CronZone(name))
        } catch {
            throw UndeliverableMail("event \(eventId) has the time zone \(name): \(error)")
        }
    }

    /// Why a customer cannot be written to.
    struct UndeliverableMail: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}

extension Transaction {
    /// Writes to the customer of a booking. One who cannot be written to is reported; the rest goes on.
    /// - Returns: whether a mail is on its way.
    @discardableResult
    func sendMail(_ mail: BookingMail, _ mailContext: BookingMailContext, causedBy cause: TraceContext? = .current) throws -> Bool {
        do {
            try self.mail([mailContext.mail(mail)], causedBy: cause)
            return true
        } catch let error as BookingMailContext.UndeliverableMail {
            recordFailure(of: mailContext.name, reason: error)
            return false
        }
    }
}

extension BookingCancelled {
    /// Tells that bookings were cancelled, in as few messages as hold them.
    static func all(_ mailContexts: [BookingMailContext], because reason: CancellationReason, at instant: Date) -> [BookingCancelled] {
        let bookings = mailContexts.map { Booking(bookingId: $0.bookingId, eventId: $0.eventId, userId: $0.userId, quantity: $0.quantity) }
        return stride(from: 0, to: bookings.count, by: most).map { start in
            BookingCancelled(Array(bookings[start...].prefix(most)), reason: reason.rawValue, cancelledAt: instant)
        }
    }
}

extension BookingRefundApproved {
    /// Tells that so much goes back, in minor units of the currency that the booking was paid in.
    init(_ mailContext: BookingMailContext, amount: Int, currency: String, at instant: Date) {
        self.init(bookingId: mailContext.bookingId, userId: mailContext.userId, amount: amount, currency: currency, approvedAt: instant)
    }
}
