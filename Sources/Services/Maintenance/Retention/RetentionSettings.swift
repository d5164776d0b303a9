import FoundationEssentials
import Platform

/// How long the bookkeeping of all services is kept, in days (docs/retention.md).
struct RetentionSettings: Sendable {
    static let inbox = Setting.integer(
        "INBOX_DAYS", default: 90, in: 14...3650, "days that ids of processed messages are kept; a parked message must be replayed within them")
    static let deliveries = Setting.integer(
        "DELIVERIES_DAYS", default: 30, in: 1...3650, "days that the content of sent mails and pushes is kept; their keys stay for ever")
    static let runs = Setting.integer("RUNS_DAYS", default: 90, in: 32...3650, "days that ended runs are kept; the newest of each job stays")
    static let alerts = Setting.integer("ALERTS_DAYS", default: 365, in: 1...3650, "days that alerts are kept after they began, once they are over")
    static let history = Setting.integer(
        "HISTORY_DAYS", default: 365, in: 30...3650, "days that changes of statuses and of cached tickets are kept; what a row is now is in the row")

    static let all = [inbox.description, deliveries.description, runs.description, alerts.description, history.description]

    let inboxDays: Int
    let deliveriesDays: Int
    let runsDays: Int
    let alertsDays: Int
    let historyDays: Int

    init(_ settings: Settings) throws(ConfigurationError) {
        inboxDays = try settings.value(Self.inbox)
        deliveriesDays = try settings.value(Self.deliveries)
        runsDays = try settings.value(Self.runs)
        alertsDays = try settings.value(Self.alerts)
        historyDays = try settings.value(Self.history)
    }
}
