import FoundationEssentials
import Logging
import Postgres
import ServiceLifecycle

/// Raises alerts about processes that do not beat, and about work that does not get on although they do.
///
/// | alert | of | begins | is over |
/// | --- | --- | --- | --- |
/// | `service-silent` | a process | its row was not written for two and a half intervals: it was killed or hangs | it beats again, was stopped regularly, or another process of its service started after it |
/// | `service-stalled` | a process | a transaction has been under way for ten minutes | it has ended |
///
/// Ages are by the database's clock alone. `maintenance` watches all others; `tick-publisher` watches `maintenance`.
public struct HeartbeatWatch: Service {
    private let runtime: ServiceRuntime
    private let only: String?
    private let recipients: [Recipient]
    private let seconds: Int

    /// A watch over all services but the one that runs it.
    /// - Parameters:
    ///   - only: The one service that is watched.
    ///   - seconds: How often it looks.
    public init(_ runtime: ServiceRuntime, only: String? = nil, every seconds: Int, mailTo recipients: [Recipient] = []) {
        self.runtime = runtime
        self.only = only
        self.seconds = seconds
        self.recipients = recipients
    }

    /// Work that takes longer is stalled.
    private static let longestWork = 600
    /// Rows of processes that were not seen for a day are removed.
    private static let longestSilence = 86_400

    /// Looks until the service stops.
    public func run() async throws {
        guard await runtime.ready() else { return }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                // A watch that begins with the others would find those silent that were just not restarted yet.
                try? await Task.sleep(for: .seconds(seconds))
                do {
                    try await runtime.retryingWhileDatabaseIsDown("The watch over heartbeats") { try await runtime.transaction(look) }
                } catch {
                    if !Task.isCancelled { runtime.logger.warning("Heartbeats cannot be looked at", error: error) }
                }
            }
        }
    }

    private func look(_ tx: Transaction) async throws {
        let processes = try await tx.query(Self.processes, as: Process.self, only, runtime.name)
        for process in processes { try await judge(process, tx) }
        let instances = Set(processes.map(\.instance))
        try await end("service-silent", except: instances, "it was stopped regularly", tx)
        try await end("service-stalled", except: instances, "it was stopped", tx)
    }

    private func judge(_ process: Process, _ tx: Transaction) async throws {
        guard process.isSilent else {
            try await tx.endAlert("service-silent", about: process.instance, how: "\(process.instance) beats again", mailTo: recipients)
            if let work = process.oldestWorkSeconds, work > Self.longestWork {
                try await open(
                    "service-stalled", process.instance, "A transaction of \(process.instance) has been under way for \(work) s",
                    "See its log and pg_stat_activity; restarting it is safe.", tx)
            } else {
                try await tx.endAlert(
                    "service-stalled", about: process.instance, how: "the work of \(process.instance) gets on", mailTo: recipients)
            }
            return
        }
        let opened = try await open(
            "service-silent", process.instance, "\(process.instance) has not been seen for \(process.silentSeconds) s: it was killed or hangs",
            "See whether it runs, and its log; restarting it is safe.", tx)
        guard !opened, process.isReplaced || process.silentSeconds > Self.longestSilence else { return }
        let how = process.isReplaced ? "another process of \(process.service) has started" : "it is not waited for any more"
        try await tx.endAlert("service-silent", about: process.instance, how: how, mailTo: recipients)
        try await tx.execute(Self.remove, process.service, process.instance)
    }

    @discardableResult
    private func open(_ kind: String, _ subject: String, _ summary: String, _ advice: String, _ tx: Transaction) async throws -> Bool {
        let opened = try await tx.open(Alert(kind, about: subject, summary: summary, advice: advice), mailTo: recipients)
        if opened { runtime.logger.error("\(summary)", metadata: ["alert": "\(kind)"]) }
        return opened
    }

    private func end(_ kind: String, except subjects: Set<String>, _ how: String, _ tx: Transaction) async throws {
        for alert in try await tx.openAlerts(kind) where !subjects.contains(alert.subject) {
            try await tx.endAlert(kind, about: alert.subject, how: "\(alert.subject): \(how)", mailTo: recipients)
        }
    }

    private struct Process: Decodable, Sendable {
        let service: String
        let instance: String
        let silentSeconds: Int
        let isSilent: Bool
        let isReplaced: Bool
        let oldestWorkSeconds: Int?
    }

    private static let processes: SQL = """
        select service, instance, greatest(floor(extract(epoch from now() - seen_at)), 0)::int as silent_seconds,
               seen_at < now() - make_interval(secs => 2.5 * interval_seconds) as is_silent,
               exists (select from operations.heartbeats later where later.service = h.service and later.started_at > h.seen_at) as is_replaced,
               oldest_work_seconds
        from operations.heartbeats h
        where ($1::text is null or service = $1) and service <> $2
        order by service, instance limit 1000
        """

    private static let remove: SQL = "delete from operations.heartbeats where service = $1 and instance = $2"
}
