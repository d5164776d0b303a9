import ArgumentParser
import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Looks whether everything is there that the services need, and whether their work gets on.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check services, broker, database, outside services, and whether the work gets on; exit 1 when something is wrong.",
        discussion: """
            One line each: ok, FAIL with what to do, or skip (not configured, or what it needs does not work). Queues are held against \
            Contracts/asyncapi.yaml, tables against the migrations of this build. Services are asked at <SERVICE>_HTTP_URL or \
            <SERVICE>_HTTP_PORT, which .run/env has. Nothing is changed.
            """)

    @Flag(help: "As a JSON array.") var json = false

    /// What is asked of the database, the slowest last.
    private static let checks: [any StateCheck] = [
        RunCheck(), OutboxCheck(), DeliveryCheck(), RefundCheck(), PaymentCheck(), AuditCheck(),
    ]
    /// A statement that waits for a lock must not keep the other answers back.
    private static let patience = Duration.seconds(60)

    func run() async throws {
        let settings = Settings.environment()
        var failed = false
        var findings: [Finding] = []
        func tell(_ more: [Finding]) {
            if !json { for finding in more { Terminal.say(finding.line) } }
            findings += more
            failed = failed || more.contains { $0.status == .fail }
        }
        tell(ConfigurationExam(settings: settings).findings())
        tell(await ServiceCheck(settings: settings).findings())
        tell(await BrokerExam().findings())
        tell(await OutsideExam(settings: settings).findings())
        await database(tell)
        if json { Terminal.say(json: String(decoding: try WireCoding.encodeJSON(findings), as: UTF8.self)) }
        if failed { throw ExitCode.failure }
    }

    private func database(_ tell: ([Finding]) -> Void) async {
        do {
            try await Wires.withDatabase(statementTimeout: Self.patience) { database in
                try await database.ping()
                tell(await DatabaseExam(database: database).findings())
                tell(await ClockExam(database: database).findings())
                for check in Self.checks {
                    do {
                        tell(try await check.findings(database))
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
