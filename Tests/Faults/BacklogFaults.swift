import Contracts
import FoundationEssentials
import Glibc
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Figures of all services on /metrics")
    struct BacklogFaults {
        private static let settings = [
            "HEARTBEAT_SECONDS": "1", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1", "SMTP_FROM": "ops@boxoffice.example",
            "FRONTEND_URL": "http://127.0.0.1:1", "REPORT_RECIPIENTS": "ops@example.org",
        ]

        /// The lines of figures that only one replica shows.
        private static func shared(_ metrics: String) -> [Substring] {
            let names = [
                Metric.queueMessages, Metric.queueOldest, Metric.outboxWaiting, Metric.outboxOldest, Metric.deliveriesWaiting,
                Metric.deliveriesOldest,
                Metric.jobLastSuccess, Metric.alertsOpen, Metric.figuresAge,
            ].map(\.description.name)
            return metrics.split(separator: "\n").filter { line in names.contains { line.hasPrefix("\($0){") || line.hasPrefix("\($0) ") } }
        }

        @Test("Of three replicas one shows them; when it dies another does. They are shown at once while the database does not answer")
        func replicas() async throws {
            try await FaultFixture.open { fixture in
                var replicas: [ServiceProcess] = []
                for _ in 1...3 { replicas.append(try await fixture.startReady("maintenance", Self.settings)) }
                for _ in 1...2 {
                    try await fixture.environment.eventually("not exactly one replica shows the figures of all services") {
                        var showing: [Int] = []
                        for (index, replica) in replicas.enumerated() where try await !Self.shared(fixture.metrics(replica)).isEmpty {
                            showing.append(index)
                        }
                        return showing == [0]
                    }
                    // Killed: its row stays until it is missed.
                    if replicas.count == 3 { try await replicas.removeFirst().kill() }
                }
                let environment = fixture.environment
                let folder = try await environment.value("select current_setting('data_directory')", as: String.self) ?? ""
                let file = try String(contentsOfFile: "\(folder)/postmaster.pid", encoding: .utf8)
                let postmaster = try #require(file.split(separator: "\n").first.flatMap { pid_t($0) })
                let backends = try await environment.database.query(
                    "select pid from pg_stat_activity where usename = 'maintenance'", as: Int.self)
                let frozen = [postmaster] + backends.map(pid_t.init)
                for process in frozen { kill(process, SIGSTOP) }
                defer { for process in frozen { kill(process, SIGCONT) } }
                let started = ContinuousClock.now
                let asked = 20
                let replica = replicas[0]
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 1...asked {
                        group.addTask { try await Self.shared(fixture.metrics(replica)).count > 20 }
                    }
                    for try await isShown in group { #expect(isShown) }
                }
                #expect(ContinuousClock.now - started < .milliseconds(100 * asked))
            }
        }
    }
}
