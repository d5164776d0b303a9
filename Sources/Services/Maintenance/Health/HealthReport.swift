import Contracts
import FoundationEssentials
import Platform

/// The body of a health report (Contracts/reports/health.schema.json).
struct HealthReport: Codable, Sendable {
    /// A process of a service.
    struct Process: Codable, Sendable {
        let instance: String
        let version: String
        let uptimeSeconds: Int
        let seenSecondsAgo: Int
        let residentBytes: Int?
        let oldestWorkSeconds: Int?
        let lastError: LastError?
    }
    /// The last error of a process's log.
    struct LastError: Codable, Sendable {
        let kind: String
        let text: String
        let at: String
    }
    /// A service: its processes, what waits for it and what failed.
    struct Service: Codable, Sendable {
        let service: String
        let processes: [Process]
        /// Messages of its queues; null when no process that beats knows.
        let messages: Int?
        let oldestMessageSeconds: Int?
        let parkedMessages: Int?
        let outbox: Int
        let outboxSeconds: Int?
        let deliveries: Int
        let deliveriesSeconds: Int?
        let failedDeliveries: Int
    }
    /// The runs of a job in the period, by their outcome.
    struct Runs: Codable, Sendable {
        let job: String
        let succeeded: Int
        let partial: Int
        let failed: Int
        let skipped: Int
        let superseded: Int
        let running: Int
    }
    struct Table: Codable, Sendable {
        let name: String
        let bytes: Int
        let rows: Int
        let dead: Int
    }
    struct Database: Codable, Sendable {
        let bytes: Int
        let tables: [Table]
        let xidAge: Int
        let multixactAge: Int
        let areSessionsVisible: Bool
    }

    let services: [Service]
    let runs: [Runs]
    let database: Database
    let findings: [Finding]

    /// How old work that is still under way must be to stand still.
    static let longestWork = 600
    /// The services that should run: those with jobs or messages, and the clock.
    static let expected = Set(JobName.all.map(\.service)).union(MessageRoute.all.flatMap(\.readers)).union(["tick-publisher"])

    init(processes: [ProcessHealth], backlogs: [Backlogs.Tables], runs: [Runs], database: DatabaseHealth, memoryLimit: Int) {
        let byService = Dictionary(grouping: processes, by: \.service)
        let tables = Dictionary(backlogs.map { ($0.service, $0) }) { first, _ in first }
        services = Self.expected.union(byService.keys).sorted().map { Service($0, byService[$0] ?? [], tables[$0]) }
        self.runs = runs
        self.database = Database(
            bytes: database.bytes, tables: database.tables.map { Table(name: $0.name, bytes: $0.bytes, rows: $0.rows, dead: $0.dead) },
            xidAge: database.xidAge, multixactAge: database.multixactAge, areSessionsVisible: database.areSessionsVisible)
        findings =
            services.flatMap(\.findings) + processes.flatMap { Self.findings(of: $0, memoryLimit: memoryLimit) }
            + runs.compactMap(\.finding) + database.findings
    }

    private static func findings(of process: ProcessHealth, memoryLimit: Int) -> [Finding] {
        if process.isSilent {
            return [
                Finding(
                    "service-silent", process.instance, "\(process.instance) has not been seen for \(process.seenSeconds) s: it was killed or hangs",
                    advice: "See whether it runs, and its log; restarting it is safe.")
            ]
        }
        var findings: [Finding] = []
        if let bytes = process.residentBytes, bytes > memoryLimit {
            findings.append(
                Finding(
                    MemoryAlerts.kind, process.instance, "\(process.instance) takes \(bytes.asBytes) of memory",
                    advice: "See what it works on, and /metrics for how it grew; restarting it is safe."))
        }
        if let seconds = process.oldestWorkSeconds, seconds > longestWork {
            findings.append(
                Finding(
                    "service-stalled", process.instance, "A transaction of \(process.instance) has been under way for \(seconds) s",
                    advice: "See its log and pg_stat_activity; restarting it is safe."))
        }
        return findings
    }
}

extension HealthReport.Service {
    fileprivate init(_ service: String, _ processes: [ProcessHealth], _ tables: Backlogs.Tables?) {
        self.service = service
        self.processes = processes.map(HealthReport.Process.init)
        let alive = processes.filter { !$0.isSilent }.map(\.queueFigures)
        let names = Set(alive.flatMap(\.keys))
        // Each process asks the broker for the same queue, and has its own deliveries in hand.
        let lengths = names.map { name in
            let figures = alive.compactMap { $0[name] }
            return (name: name, messages: figures.compactMap(\.messages).max().map { $0 + figures.reduce(0) { $0 + $1.unacked } })
        }
        let parked = QueueName.parked(of: service)
        let known = lengths.filter { $0.name != parked }.compactMap(\.messages)
        messages = known.isEmpty ? nil : known.reduce(0, +)
        oldestMessageSeconds = alive.flatMap(\.values).compactMap(\.oldestSeconds).max()
        parkedMessages = lengths.first { $0.name == parked }?.messages
        outbox = tables?.outbox ?? 0
        outboxSeconds = tables?.outboxSeconds
        deliveries = tables?.deliveries ?? 0
        deliveriesSeconds = tables?.deliveriesSeconds
        failedDeliveries = tables?.failedDeliveries ?? 0
    }

    fileprivate var findings: [Finding] {
        var findings: [Finding] = []
        if processes.isEmpty {
            findings.append(
                Finding(
                    "service-missing", service, "No process of \(service) runs",
                    advice: "Start it, or remove its schedules and queues if it is not deployed any more."))
        }
        if let parkedMessages, parkedMessages > 0 {
            findings.append(
                Finding(
                    "parked-messages", service, "\(parkedMessages) messages of \(service) could not be processed",
                    advice: "boxoffice parked list shows the reasons, and parked replay or drop empties the queue."))
        }
        if failedDeliveries > 0 {
            findings.append(
                Finding(
                    "failed-deliveries", service, "\(failedDeliveries) deliveries of \(service) were bounced or parked within the last day",
                    advice: "boxoffice doctor has the reasons (docs/mail.md)."))
        }
        return findings
    }
}

extension HealthReport.Process {
    fileprivate init(_ process: ProcessHealth) {
        instance = process.instance
        version = process.version
        uptimeSeconds = process.uptimeSeconds
        seenSecondsAgo = process.seenSeconds
        residentBytes = process.residentBytes
        oldestWorkSeconds = process.oldestWorkSeconds
        lastError = process.errorKind.map { HealthReport.LastError(kind: $0, text: process.errorText ?? "", at: process.errorAt ?? "") }
    }
}

extension HealthReport.Runs {
    fileprivate var finding: Finding? {
        guard failed + partial > 0 else { return nil }
        return Finding(
            "failed-runs", job, "\(failed) runs of \(job) failed and \(partial) could not process every row",
            advice: "boxoffice runs --job \(job) shows the errors.")
    }
}
