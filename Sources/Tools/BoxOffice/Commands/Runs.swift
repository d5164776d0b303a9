import ArgumentParser
import FoundationEssentials
import Platform
import Postgres

/// Shows the runs of jobs.
struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the latest runs, newest first.")

    @Option(help: "Only of this job.") var job: String?
    @Option(help: "How many.") var limit = 20
    @Flag(help: "As a JSON array, with everything that is known.") var json = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be more than 0.") }
    }

    func run() async throws {
        let (job, limit) = (job, limit)
        if json {
            let text = try await Connections.withDatabase { try await $0.query(RunReport.asJSON, as: String.self, job, limit).first }
            Terminal.say(json: text ?? "[]")
        } else {
            RunReport.show(try await Connections.withDatabase { try await RunReport.read(.latest(job: job, limit: limit), from: $0) })
        }
    }
}
