import FoundationEssentials
import Logging
import Platform
import Postgres
import ServiceLifecycle
import Synchronization

/// Reads the ``Backlogs`` once an interval: `/metrics` shows the last ones, and what stands still becomes an alert.
struct BacklogWatch: Service {
    /// The last figures, which a request for `/metrics` gets without asking database or broker.
    final class Latest: Sendable {
        private let backlogs = Mutex<Backlogs?>(nil)

        var gauges: [GaugeSample] { backlogs.withLock { $0 }?.gauges ?? [] }

        fileprivate func set(_ latest: Backlogs) { backlogs.withLock { $0 = latest } }
    }

    private let runtime: ServiceRuntime
    private let latest: Latest
    private let seconds: Int
    private let alerts: BacklogAlerts
    private let memory: MemoryAlerts

    init(_ runtime: ServiceRuntime, _ latest: Latest, every seconds: Int, memory: MemoryAlerts, mailTo recipients: [Recipient]) {
        self.runtime = runtime
        self.latest = latest
        self.seconds = seconds
        self.memory = memory
        alerts = BacklogAlerts(logger: runtime.logger, recipients: recipients)
    }

    /// Looks until the service stops.
    func run() async throws {
        guard await runtime.ready() else { return }
        await cancelWhenGracefulShutdown {
            var reader = BacklogReader(runtime)
            var isFailing = false
            // Figures are wanted soon; whether something stands still is not known before all had time to begin.
            var pause = 1
            while !Task.isCancelled {
                do {
                    let backlogs = try await reader.read()
                    latest.set(backlogs)
                    if pause >= seconds { try await judge(backlogs) }
                    isFailing = false
                } catch {
                    // An outage of the database is reported by those whose work waits for it.
                    let isOutage = (error as? PostgresError)?.isTransient == true
                    if !isFailing, !isOutage, !Task.isCancelled { runtime.logger.warning("Backlogs cannot be looked at", error: error) }
                    isFailing = !isOutage
                }
                try? await Task.sleep(for: .seconds(pause))
                pause = min(seconds, pause * 2)
            }
        }
    }

    private func judge(_ backlogs: Backlogs) async throws {
        try await runtime.transaction { tx in
            try await alerts.judge(backlogs, tx)
            try await memory.judge(try await ProcessHealth.all(tx), tx)
        }
    }
}
