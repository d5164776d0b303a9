import ArgumentParser
import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Starts a job by hand.
struct Trigger: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Start a job now, as a tick of the clock would.")

    @Argument(help: "The job, as bookings.cancel-expired.") var job: String
    @Flag(help: "Do all of the work in a transaction that is rolled back, and tell what it would have done.") var dryRun = false
    @Option(name: .customLong("param"), help: "A parameter of the job, as name=value; may be repeated.") var parameters: [String] = []
    @Flag(help: "Wait for the end of the run and show it; exit 1 when it failed.") var wait = false
    @Option(help: "How many seconds to wait at most.") var timeout = 300

    func validate() throws {
        guard JobName.all.contains(JobName(rawValue: job)) else {
            throw ValidationError("There is no job \(job). The jobs are:\n  \(JobName.all.map(\.rawValue).joined(separator: "\n  "))")
        }
        guard timeout > 0 else { throw ValidationError("--timeout must be more than 0 seconds.") }
        _ = try named()
    }

    func run() async throws {
        guard wait else {
            _ = try await publish()
            return
        }
        // The database is connected first: a run that cannot be watched is not started.
        let run = try await Connections.withDatabase { try await RunWatch($0, job: job, limit: timeout).end(of: try await publish()) }
        if run.outcome == .failed { throw ExitCode.failure }
    }

    private func publish() async throws -> String {
        let now = Date()
        let trigger = JobTrigger(JobName(rawValue: job), by: .manual, scheduledFor: now, dryRun: dryRun, parameters: try named())
        try await Connections.publish(
            try trigger.message(from: "boxoffice", at: now),
            unroutable: "no queue takes \(job): the queue \(trigger.queue) is not there; is \(trigger.job.service) deployed?")
        Terminal.say("\(job) triggered as \(trigger.tickID)")
        return trigger.tickID
    }

    private func named() throws -> [String: String] {
        var named: [String: String] = [:]
        for parameter in parameters {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { throw ValidationError("--param \(parameter) is not name=value") }
            named[String(parts[0])] = String(parts[1])
        }
        return named
    }
}
