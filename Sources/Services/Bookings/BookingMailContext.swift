import Contracts
import Cron
import FoundationEssentials
import Platform

/// The recipient of a mail about a booking and the values that every such mail uses. A row of the view
/// `booking_mail_contexts`.
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
    /// Nil when there is no such event, like every property below.
    let title: String?
    let location: String?
    let startsAt: Date?
    let timeZone: String?

    /// The booking's name in messages to people.
    var name: String { "booking \(reference)" }

    /// Renders the mail.
    /// - Throws: ``UndeliverableMail`` when a value that it needs is missing or invalid.
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

    /// The local time of the event.
    private func time(_ instant: Date, in name: String) throws(UndeliverableMail) -> MailFact {
        do {
            return .time(instant, in: try CronZone(name))
        } catch {
            throw UndeliverableMail("event \(eventId) has the time zone \(name): \(error)")
        }
    }

    /// The reason why a mail to a customer cannot be sent.
    struct UndeliverableMail: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}

extension Transaction {
    /// E-mails the customer of a booking. If the mail cannot be sent, a failure is recorded and the transaction goes
    /// on.
    /// - Returns: whether an outbound delivery was written.
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
    /// The messages that bookings were cancelled, with as many bookings in each as it may hold.
    static func all(_ mailContexts: [BookingMailContext], because reason: CancellationReason, at instant: Date) -> [BookingCancelled] {
        let bookings = mailContexts.map { Booking(bookingId: $0.bookingId, eventId: $0.eventId, userId: $0.userId, quantity: $0.quantity) }
        return bookings.parts(ofAtMost: most).map { BookingCancelled(Array($0), reason: reason.rawValue, cancelledAt: instant) }
    }
}

extension BookingRefundApproved {
    /// A refund was granted, in the currency that the booking was paid in.
    init(_ mailContext: BookingMailContext, _ money: Money, at instant: Date) {
        self.init(bookingId: mailContext.bookingId, userId: mailContext.userId, money: money, approvedAt: instant)
    }
}
