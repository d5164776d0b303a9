import FoundationEssentials
import Platform
import Postgres

/// Waits for the end of runs.
struct RunWatch: Sendable {
    private let database: PostgresClient
    private let job: String
    private let limit: Int
    private let deadline: ContinuousClock.Instant

    /// Watches the runs of a job, with a limit in seconds.
    init(_ database: PostgresClient, job: String, limit: Int) {
        self.database = database
        self.job = job
        self.limit = limit
        self.deadline = ContinuousClock.now + .seconds(limit)
    }

    /// Prints the run of a tick when it has ended. If the job was already running, the tick was skipped and has
    /// requested a rerun from the running run: that one is waited for and printed too.
    func end(of tick: String) async throws -> RunReport {
        let run = try await ended(.tick(tick))
        RunReport.show([run])
        guard run.outcome == .skipped else { return run }
        guard let running = try await RunReport.read(.running(job: job, before: run.startedAt), from: database).first else { return run }
        Terminal.say("The job was at work; its run \(running.id) looks once more:")
        let other = try await ended(.id(running.id))
        RunReport.show([other])
        return other
    }

    /// Waits until some of the runs of these ticks have ended.
    /// - Returns: how they ended, by tick.
    func someEnded(of ticks: Set<String>) async throws -> [String: RunOutcome] {
        while ContinuousClock.now < deadline {
            let ended = try await database.query(Self.ended, as: Ended.self, Array(ticks))
            if !ended.isEmpty { return Dictionary(ended.map { ($0.tickId, $0.outcome) }) { first, _ in first } }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure("the runs have not ended within \(limit) seconds; `boxoffice runs` shows how they go on")
    }

    private struct Ended: Decodable, Sendable {
        let tickId: String
        let outcome: RunOutcome
    }

    private static let ended: SQL = """
        select tick_id, outcome from operations.job_runs where tick_id = any ($1::text[]) and outcome <> 'running'
        """

    private func ended(_ which: RunReport.Which) async throws -> RunReport {
        while ContinuousClock.now < deadline {
            if let run = try await RunReport.read(which, from: database).first, run.outcome != .running { return run }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Failure("the run has not ended within \(limit) seconds; `boxoffice runs` shows how it goes on")
    }
}
