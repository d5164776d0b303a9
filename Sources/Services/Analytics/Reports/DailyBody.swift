import Contracts
import FoundationEssentials
import Platform

/// The body of a daily report, as a mail needs it.
struct DailyBody: Decodable, Sendable {
    struct Events: Decodable, Sendable {
        let new: Int
        let live: Int
        let completed: Int
    }
    struct Bookings: Decodable, Sendable {
        let created: Int
        let confirmed: Int
        let cancelled: Int
        let refunded: Int
        let tickets: Int
    }
    struct Payments: Decodable, Sendable {
        let succeeded: Int
        let failed: Int
        let abandoned: Int
        let successRate: Double?
    }
    struct Event: Decodable, Sendable {
        let eventId: Int
        let title: String?
        let tickets: Int
        let revenue: [String: Int]
    }

    let users: UserFigures
    let events: Events
    let bookings: Bookings
    let payments: Payments
    let conversionRate: Double?
    let revenue: [String: Int]
    let refunds: [String: Int]
    let topEvents: [Event]
    let estimates: [String]?

    /// How many days the chart shows.
    static let shownDays = 14

    /// The mail about the newest report of a history.
    static func mail(_ history: ReportHistory<DailyBody>, _ name: (Date) -> String) -> ReportMail {
        let (now, before) = (history.current.body, history.before?.body)
        let facts: [String: MailFact] = [
            "bookings": ReportMail.count(now.bookings.confirmed, before: before?.bookings.confirmed),
            "tickets": ReportMail.count(now.bookings.tickets, before: before?.bookings.tickets),
            "bookingsMade": ReportMail.count(now.bookings.created, before: before?.bookings.created),
            "bookingsCancelled": ReportMail.count(now.bookings.cancelled, before: before?.bookings.cancelled),
            "bookingsRefunded": ReportMail.count(now.bookings.refunded, before: before?.bookings.refunded),
            "paymentsReceived": ReportMail.count(now.payments.succeeded, before: before?.payments.succeeded),
            "paymentsFailed": ReportMail.count(now.payments.failed, before: before?.payments.failed),
            "paymentsAbandoned": ReportMail.count(now.payments.abandoned, before: before?.payments.abandoned),
            "newUsers": ReportMail.count(now.users.new, before: before?.users.new),
            "activeUsers": ReportMail.count(now.users.active, before: before?.users.active),
            "allUsers": ReportMail.count(now.users.total, before: before?.users.total),
            "newEvents": ReportMail.count(now.events.new, before: before?.events.new),
            "eventsUnderWay": ReportMail.count(now.events.live, before: before?.events.live),
            "eventsCompleted": ReportMail.count(now.events.completed, before: before?.events.completed),
            "revenue": ReportMail.money(now.revenue, before: before?.revenue), "refunds": ReportMail.money(now.refunds, before: before?.refunds),
            "confirmedShare": ReportMail.rate(now.conversionRate), "successShare": ReportMail.rate(now.payments.successRate),
            "estimated": .text(now.estimates == nil ? "" : "yes"),
        ]
        let rows = now.topEvents.map { ReportMail.row($0.title ?? "\($0.eventId)", tickets: $0.tickets, share: "", amounts: $0.revenue) }
        let days = history.all.map { name($0.lastSecond) }
        let chart = MailChart(
            labels: days.map { String($0.suffix(2)) },
            values: history.all.map { Double($0.body.bookings.confirmed) }, texts: history.all.map { "\($0.body.bookings.confirmed)" })
        return ReportMail(
            template: .daily, name: name(history.current.lastSecond), facts: facts.merging(ReportMail.entries(rows)) { $1 }, charts: [chart])
    }
}
