import Contracts
import FoundationEssentials
import Platform

/// The body of a weekly report, as a mail needs it.
struct WeeklyBody: Decodable, Sendable {
    struct Day: Decodable, Sendable {
        let day: String
        let bookings: Int
    }
    struct Payments: Decodable, Sendable {
        let succeeded: Int
        let failed: Int
        let abandoned: Int
        let successRate: Double?
    }
    struct Customers: Decodable, Sendable {
        let booking: Int
    }
    struct Event: Decodable, Sendable {
        let eventId: Int
        let title: String?
        let tickets: Int
        let fillRate: Double?
    }

    let days: [Day]
    let users: UserFigures
    let bookings: Int
    let tickets: Int
    let payments: Payments
    let customers: Customers
    let revenue: [String: Int]
    let refunds: [String: Int]
    let fillRates: [Event]
    let estimates: [String]?

    /// The mail about the newest report of a history.
    static func mail(_ history: ReportHistory<WeeklyBody>, _ name: (Date) -> String) -> ReportMail {
        let (now, before) = (history.current.body, history.before?.body)
        let facts: [String: MailFact] = [
            "bookings": ReportMail.count(now.bookings, before: before?.bookings), "tickets": ReportMail.count(now.tickets, before: before?.tickets),
            "customers": ReportMail.count(now.customers.booking, before: before?.customers.booking),
            "paymentsReceived": ReportMail.count(now.payments.succeeded, before: before?.payments.succeeded),
            "paymentsFailed": ReportMail.count(now.payments.failed, before: before?.payments.failed),
            "paymentsAbandoned": ReportMail.count(now.payments.abandoned, before: before?.payments.abandoned),
            "newUsers": ReportMail.count(now.users.new, before: before?.users.new),
            "activeUsers": ReportMail.count(now.users.active, before: before?.users.active),
            "allUsers": ReportMail.count(now.users.total, before: before?.users.total),
            "revenue": ReportMail.money(now.revenue, before: before?.revenue), "refunds": ReportMail.money(now.refunds, before: before?.refunds),
            "successShare": ReportMail.rate(now.payments.successRate), "estimated": .text(now.estimates == nil ? "" : "yes"),
        ]
        let fullest = now.fillRates.sorted { ($0.fillRate ?? 0, $1.eventId) > ($1.fillRate ?? 0, $0.eventId) }
        let rows = fullest.map {
            ReportMail.row($0.title ?? "\($0.eventId)", tickets: $0.tickets, share: $0.fillRate.map(ReportMail.percent) ?? "", amounts: [:])
        }
        let chart = MailChart(
            labels: now.days.map { String($0.day.suffix(2)) },
            values: now.days.map { Double($0.bookings) }, texts: now.days.map { "\($0.bookings)" })
        return ReportMail(
            template: .weekly, name: "\(name(history.current.periodStart)) – \(name(history.current.periodEnd))",
            facts: facts.merging(ReportMail.entries(rows)) { $1 }, charts: [chart])
    }
}
