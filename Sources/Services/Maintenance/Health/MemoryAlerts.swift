import FoundationEssentials
import Logging
import Platform

/// The alert about a process that takes too much memory: `memory`, of the process. It is over when the process takes less
/// than nine tenths of the limit, or has stopped.
struct MemoryAlerts: Sendable {
    static let kind = "memory"
    static let limit = Setting.integer(
        "MEMORY_ALERT_MB", default: 512, in: 1...1_000_000, "memory of a service process, in MB, above which there is an alert")
    /// Part of the limit below which it is over.
    private static let recovered = 0.9

    let megabytes: Int
    let recipients: [Recipient]
    let logger: Logger

    /// The most bytes that a process may take.
    var bytes: Int { megabytes * 1_000_000 }

    func judge(_ processes: [ProcessHealth], _ tx: Transaction) async throws {
        for process in processes where !process.isSilent {
            guard let resident = process.residentBytes, resident > bytes else { continue }
            let summary = "\(process.instance) takes \(resident.asBytes) of memory"
            let alert = Alert(
                Self.kind, about: process.instance, summary: summary,
                advice: "See what it works on (operations.job_runs, its log), and /metrics for how it grew; restarting it is safe.")
            if try await tx.open(alert, mailTo: recipients) { logger.error("\(summary)", metadata: ["alert": "\(Self.kind)"]) }
        }
        let known = Dictionary(processes.map { ($0.instance, $0) }) { first, _ in first }
        for alert in try await tx.openAlerts(Self.kind) {
            guard let process = known[alert.subject] else {
                try await tx.endAlert(Self.kind, about: alert.subject, how: "\(alert.subject) was stopped", mailTo: recipients)
                continue
            }
            guard !process.isSilent, let resident = process.residentBytes else {
                try await tx.noteNoData(about: alert.subject, kind: Self.kind)
                continue
            }
            guard Double(resident) < Double(bytes) * Self.recovered else { continue }
            try await tx.endAlert(
                Self.kind, about: alert.subject, how: "\(alert.subject) takes \(resident.asBytes) of memory", mailTo: recipients)
        }
    }
}
