import ArgumentParser
import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Looks whether everything is there that the services need.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check configuration, broker, database, outside services and clock; exit 1 when something does not work.",
        discussion: """
            One line each: ok, FAIL or skip (not configured, or what it needs does not work). Queues are held against Contracts/asyncapi.yaml, \
            tables against the migrations of this build. Nothing is changed.
            """)

    @Flag(help: "As a JSON array.") var json = false

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
        tell(await BrokerExam().findings())
        tell(await database())
        tell(await OutsideExam(settings: settings).findings())
        if json { Terminal.say(json: String(decoding: try WireCoding.encodeJSON(findings), as: UTF8.self)) }
        if failed { throw ExitCode.failure }
    }

    private func database() async -> [Finding] {
        do {
            return try await Wires.withDatabase { database in
                try await database.ping()
                return await DatabaseExam(database: database).findings() + (await ClockExam(database: database).findings())
            }
        } catch {
            return [.fail("database", error), .skip("clock", "the database is needed for it"), .skip("tick-publisher", "so is it for this")]
        }
    }
}
