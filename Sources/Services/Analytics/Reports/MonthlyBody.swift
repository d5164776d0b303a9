import Contracts
import FoundationEssentials
import Platform

/// The body of a monthly summary, as a mail needs it.
struct MonthlyBody: Decodable, Sendable {
    struct Events: Decodable, Sendable {
        let new: Int
        let completed: Int
    }
    struct Category: Decodable, Sendable {
        let category: String
        let tickets: Int
        let revenue: [String: Int]
    }

    let bookings: Int
    let tickets: Int
    let revenue: [String: Int]
    let refunds: [String: Int]
    let users: UserFigures
    let events: Events
    let categories: [Category]
    let estimates: [String]?

    /// How many months the chart shows.
    static let shownMonths = 12

    /// The mail about the newest report of a history.
    static func mail(_ history: ReportHistory<MonthlyBody>, _ name: (Date) -> String) -> ReportMail {
        let (now, before) = (history.current.body, history.before?.body)
        let facts: [String: MailFact] = [
            "bookings": ReportMail.count(now.bookings, before: before?.bookings), "tickets": ReportMail.count(now.tickets, before: before?.tickets),
            "newUsers": ReportMail.count(now.users.new, before: before?.users.new),
            "activeUsers": ReportMail.count(now.users.active, before: before?.users.active),
            "allUsers": ReportMail.count(now.users.total, before: before?.users.total),
            "newEvents": ReportMail.count(now.events.new, before: before?.events.new),
            "eventsCompleted": ReportMail.count(now.events.completed, before: before?.events.completed),
            "revenue": ReportMail.money(now.revenue, before: before?.revenue), "refunds": ReportMail.money(now.refunds, before: before?.refunds),
            "estimated": .text(now.estimates == nil ? "" : "yes"),
        ]
        let rows = now.categories.map { ReportMail.row($0.category.isEmpty ? "–" : $0.category, tickets: $0.tickets, share: "", amounts: $0.revenue) }
        let months = history.all.map { String(name($0.periodStart).prefix(7)) }
        let chart = MailChart(
            labels: months.map { String($0.suffix(2)) },
            values: history.all.map { Double($0.body.bookings) }, texts: history.all.map { "\($0.body.bookings)" })
        return ReportMail(
            template: .monthly, name: months.last ?? "", facts: facts.merging(ReportMail.entries(rows)) { $1 }, charts: [chart])
    }
}
