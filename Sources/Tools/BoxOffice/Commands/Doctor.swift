import ArgumentParser
import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Checks whether everything that the services need is available, and whether their work progresses.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check services, broker, database, outside services, and whether the work gets on; exit 1 when something is wrong.",
        discussion: """
            One line each: ok, FAIL with what to do, or skip (not configured, or what it needs does not work). Queues are held against \
            Contracts/asyncapi.yaml, tables against the migrations of this build. Services are asked at <SERVICE>_HTTP_URL or \
            <SERVICE>_HTTP_PORT, which .run/env has. Nothing is changed.
            """)

    @Flag(help: "As a JSON array.") var json = false

    /// The checks of the database, the slowest last.
    private static let checks: [any StateCheck] = [
        RunCheck(), OutboxCheck(), DeliveryCheck(), RefundCheck(), PaymentCheck(), HeartbeatCheck(), AlertCheck(), UpkeepCheck(), AuditCheck(),
    ]
    /// Limits a statement that waits for a lock, so that it does not hold up the other results.
    private static let patience = Duration.seconds(60)

    func run() async throws {
        let settings = Settings.environment()
        var failed = false
        var results: [CheckResult] = []
        func tell(_ more: [CheckResult]) {
            if !json { for result in more { Terminal.say(result.line) } }
            results += more
            failed = failed || more.contains { $0.status == .fail }
        }
        tell(ConfigurationCheck(settings: settings).results())
        tell(await ServiceCheck(settings: settings).results())
        tell(await BrokerCheck().results())
        tell(await ExternalServicesCheck(settings: settings).results())
        await database(tell)
        if json { Terminal.say(json: String(decoding: try WireCoding.encodeJSON(results), as: UTF8.self)) }
        if failed { throw ExitCode.failure }
    }

    private func database(_ tell: ([CheckResult]) -> Void) async {
        do {
            try await Connections.withDatabase(statementTimeout: Self.patience) { database in
                try await database.ping()
                tell(await DatabaseCheck(database: database).results())
                tell(await ClockCheck(database: database).results())
                for check in Self.checks {
                    do {
                        tell(try await check.results(database))
                    } catch {
                        tell([.fail(check.subject, error)])
                    }
                }
            }
        } catch {
            let skipped = ["clock", "tick-publisher"] + Self.checks.map(\.subject)
            tell([.fail("database", error)] + skipped.map { .skip($0, "the database is needed for it") })
        }
    }
}
