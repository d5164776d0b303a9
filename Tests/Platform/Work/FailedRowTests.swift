import CoreMetrics
import FoundationEssentials
import Logging
import Postgres
import Support
import Synchronization
import Testing

@testable import Platform

@Suite("Rows that fail where there is no run")
struct FailedRowTests {
    /// The metrics of this process; set up once.
    private static let metrics: PrometheusMetrics = {
        MetricsSystem.bootstrap(PrometheusMetrics.shared)
        return .shared
    }()

    @Test("A reaction's failed row is a warning and a count, once its transaction has committed; the rest is done")
    func told() async throws {
        try await TestEnvironment.open { environment in
            let lines = Lines()
            let runtime = ServiceRuntime(
                name: "tickets-cache", instance: "test", clock: environment.clock.wall, logger: lines.logger, database: environment.database,
                broker: environment.broker
            )
            let before = Self.count
            try await runtime.transaction { tx in
                try await tx.execute("insert into tickets.bytemark_tokens (user_id, token) values (1, 'x')")
                tx.recordFailure(of: "booking B-12", reason: "user 7 has no e-mail address")
                tx.recordFailure(of: "booking B-13", reason: "user 8 has no e-mail address")
            }
            #expect(
                lines.all == [
                    "warning: A row could not be processed: booking B-12, user 7 has no e-mail address",
                    "warning: A row could not be processed: booking B-13, user 8 has no e-mail address",
                ])
            #expect(Self.count >= before + 2)
            #expect(try await environment.value("select count(*) from tickets.bytemark_tokens", as: Int.self) == 1)
        }
    }

    @Test("A transaction that is rolled back tells of none")
    func rolledBack() async throws {
        try await TestEnvironment.open { environment in
            let lines = Lines()
            let runtime = ServiceRuntime(
                name: "tickets-cache", instance: "test", clock: environment.clock.wall, logger: lines.logger, database: environment.database,
                broker: environment.broker
            )
            await #expect(throws: CancellationError.self) {
                try await runtime.transaction { tx in
                    tx.recordFailure(of: "booking B-12", reason: "user 7 has no e-mail address")
                    throw CancellationError()
                }
            }
            #expect(lines.all.isEmpty)
        }
    }

    private static var count: Int {
        let lines = metrics.exposition().split(separator: "\n")
        return lines.first { $0.hasPrefix("boxoffice_failed_rows_total ") }?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }

    /// What was logged.
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { lines.withLock { $0 } }
        var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

        private struct Handler: LogHandler {
            let lines: Lines
            var metadata: Logger.Metadata = [:]
            var logLevel = Logger.Level.info

            subscript(metadataKey key: String) -> Logger.Metadata.Value? {
                get { metadata[key] }
                set { metadata[key] = newValue }
            }

            func log(event: LogEvent) {
                let words = ["row", "reason"].compactMap { event.metadata?[$0].map { "\($0)" } }
                lines.lines.withLock { $0.append("\(event.level): \(event.message): \(words.joined(separator: ", "))") }
            }
        }
    }
}
