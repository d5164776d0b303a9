import FoundationEssentials
import Logging
import Platform

/// Opens and ends the alerts about what stands still though its processes may beat.
///
/// | alert | of | begins when | is over when |
/// | --- | --- | --- | --- |
/// | `queue-stalled` | a queue | messages wait, and for ten minutes none was completed | it is empty, or one was completed within five minutes |
/// | `outbox-stalled` | a service | the oldest message of its outbox is ten minutes old | the oldest is younger than five minutes |
/// | `schedule-late` | the clock | a tick is two minutes late, or a schedule cannot be followed | none is |
///
/// Where nothing is known an alert stays open and says since when.
struct BacklogAlerts: Sendable {
    let logger: Logger
    let recipients: [Recipient]

    static let queueKind = "queue-stalled"
    static let outboxKind = "outbox-stalled"
    static let scheduleKind = "schedule-late"
    /// What has stood still for longer is an alert.
    static let longest = 600
    /// What moved within this time is well again.
    static let recovered = 300

    func judge(_ backlogs: Backlogs, _ tx: Transaction) async throws {
        try await judge(queues: backlogs.queues.filter(\.isConsumed), tx)
        try await judge(tables: backlogs.tables, tx)
        try await judge(try await LateSchedules.read(tx), tx)
    }

    private func judge(queues: [Backlogs.Queue], _ tx: Transaction) async throws {
        for queue in queues {
            if let stalled = queue.stalledSeconds, stalled > Self.longest {
                let age = queue.oldestSeconds.map { ", the oldest for \($0) s" } ?? ""
                try await open(
                    Self.queueKind, queue.name,
                    "Nothing of \(queue.name) has been completed for \(stalled) s; \(queue.messages ?? 0) messages wait\(age)",
                    queue.hasConsumer
                        ? "See the log of \(queue.service) and pg_stat_activity; restarting it is safe."
                        : "Nobody consumes it: start \(queue.service), or delete the queue if the service is not deployed any more.", tx)
            }
        }
        let known = Dictionary(queues.map { ($0.name, $0) }) { first, _ in first }
        for alert in try await tx.openAlerts(Self.queueKind) {
            guard let queue = known[alert.subject], let messages = queue.messages else {
                try await tx.noteNoData(about: alert.subject, kind: Self.queueKind)
                continue
            }
            if messages == 0 {
                try await end(Self.queueKind, alert.subject, "it is empty", tx)
            } else if let stalled = queue.stalledSeconds, stalled < Self.recovered {
                try await end(Self.queueKind, alert.subject, "a message was completed \(stalled) s ago", tx)
            }
        }
    }

    private func judge(tables: [Backlogs.Tables], _ tx: Transaction) async throws {
        for table in tables {
            guard let seconds = table.outboxSeconds, seconds > Self.longest else { continue }
            try await open(
                Self.outboxKind, table.service, "The oldest message of \(table.service) has waited for \(seconds) s, \(table.outbox) in all",
                "See its log, the broker, and the queues of those who read it (boxoffice doctor).", tx)
        }
        let known = Dictionary(tables.map { ($0.service, $0) }) { first, _ in first }
        for alert in try await tx.openAlerts(Self.outboxKind) {
            guard let table = known[alert.subject] else {
                try await tx.noteNoData(about: alert.subject, kind: Self.outboxKind)
                continue
            }
            if (table.outboxSeconds ?? 0) < Self.recovered { try await end(Self.outboxKind, alert.subject, "its messages leave again", tx) }
        }
    }

    private func judge(_ late: LateSchedules, _ tx: Transaction) async throws {
        if let summary = late.summary {
            try await open(
                Self.scheduleKind, LateSchedules.subject, summary, "Does tick-publisher run, and does it reach the broker? See its log.",
                figures: late.figures, tx)
        } else {
            try await end(Self.scheduleKind, LateSchedules.subject, "no tick is late", tx)
        }
    }

    private func open(
        _ kind: String, _ subject: String, _ summary: String, _ advice: String, figures: [String: String] = [:], _ tx: Transaction
    ) async throws {
        let opened = try await tx.open(Alert(kind, about: subject, summary: summary, advice: advice, figures: figures), mailTo: recipients)
        if opened { logger.error("\(summary)", metadata: ["alert": "\(kind)"]) }
    }

    private func end(_ kind: String, _ subject: String, _ how: String, _ tx: Transaction) async throws {
        try await tx.endAlert(kind, about: subject, how: "\(subject): \(how)", mailTo: recipients)
    }
}
