import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres
import Schedules

/// The scheduler's tables, as seen by one replica: ``TickStatements`` with types.
struct TickStore: Sendable {
    /// How long, in seconds after the fire time, a claimed tick belongs to its replica. After a crash its ticks are
    /// late by this much.
    static let lease = 5.0
    /// The maximum number of ticks that are taken over at once.
    static let takeOverLimit = 1_000

    let database: PostgresClient
    /// The name under which this replica claims; unique to the process.
    let replica: String

    /// The result of claiming.
    struct Claims: Equatable, Sendable {
        /// Ticks that this replica must publish.
        var ticks: [ClaimedTick] = []
        /// The jobs whose decisions were accepted. The others were decided by another replica first, or their schedules
        /// changed.
        var decided: Set<String> = []
    }

    /// How far a schedule is decided.
    struct Position: Decodable, Equatable, Sendable {
        var job: String
        var decidedThrough: Date
        var revision: Int
    }

    /// The broker's answer to a published tick.
    struct Answer: Equatable, Sendable {
        var id: String
        var status: TickStatus
        var at: Date
    }

    /// Writes the document's schedules; schedules that it no longer has are retired.
    func syncSchedules(_ schedules: [Schedule], zone: CronZone) async throws {
        try await database.transaction { tx in
            _ = try await tx.query(TickStatements.beginAdoption)
            try await tx.execute(
                TickStatements.syncSchedules, schedules.map(\.job), schedules.map(\.service), schedules.map(\.cron.text),
                schedules.map { ($0.zone ?? zone).identifier }, schedules.map(\.misfire.rawValue), schedules.map(\.description))
            try await tx.execute(TickStatements.retire, schedules.map(\.job))
        }
    }

    /// The schedules that changed after a revision, in the order of their changes.
    func changes(after revision: Int) async throws -> [ScheduleRow] {
        try await database.query(TickStatements.changes, as: ScheduleRow.self, revision)
    }

    /// How far schedules are decided.
    func positions(of jobs: [String]) async throws -> [Position] {
        try await database.query(TickStatements.positions, as: Position.self, jobs)
    }

    /// Compares the database's clock with this replica's.
    func compare(_ clock: WallClock) async throws -> ClockComparison {
        let before = clock.now
        let there = try await database.query(TickStatements.clock, as: Date.self).first
        return ClockComparison(before: before, database: there ?? before, after: clock.now)
    }

    /// Pulls schedules back that are decided further ahead than any replica decides: a replica's clock, or the
    /// database's, was wrong.
    func pullBack() async throws -> [PulledBack] {
        try await database.query(TickStatements.pullBack, as: PulledBack.self, Self.furthest, TickPlan.grace.timeInterval)
    }

    /// In seconds. Ticks are decided a second ahead, by clocks that differ from the database's by two seconds at most.
    static let furthest = 10.0

    /// A schedule that was decided into the future.
    struct PulledBack: Decodable, Equatable, Sendable {
        var job: String
        var was: Date
        var decidedThrough: Date
    }

    /// Decides fire times and claims their ticks; each decision is accepted as a whole or not at all.
    func claim(_ decisions: [ScheduleCache.Decision]) async throws -> Claims {
        let plans = decisions.compactMap { decision in decision.plan.decidedThrough.map { (decision, $0) } }
        guard !plans.isEmpty else { return Claims() }
        let ticks = plans.flatMap { decision, _ in
            decision.plan.misfired.map { (decision.job, $0, true) } + decision.plan.due.map { (decision.job, $0, false) }
        }
        let rows = try await database.query(
            TickStatements.claim, as: ClaimRow.self,
            plans.map(\.0.job), plans.map(\.0.revision), plans.map(\.0.decidedBefore), plans.map(\.1), plans.map(\.0.plan.dropped),
            ticks.map { Tick.id(JobName(rawValue: $0.0), RFC3339.string(from: $0.1)) }, ticks.map(\.0), ticks.map(\.1), ticks.map(\.2), replica,
            Self.lease)
        return Claims(ticks: rows.compactMap(\.tick), decided: Set(rows.map(\.job)))
    }

    private struct ClaimRow: Decodable, Sendable {
        let job: String
        let id: String?
        let scheduledFor: Date?
        let previous: Date?

        var tick: ClaimedTick? {
            guard let id, let scheduledFor else { return nil }
            return ClaimedTick(id: id, job: job, scheduledFor: scheduledFor, previous: previous)
        }
    }

    /// Takes over ticks whose lease has ended, for this replica to publish.
    func takeOver() async throws -> [ClaimedTick] {
        try await database.query(TickStatements.takeOver, as: ClaimedTick.self, replica, Self.lease, Self.takeOverLimit)
    }

    /// Records the broker's answers.
    func settle(_ answers: [Answer]) async throws {
        try await database.execute(
            TickStatements.settle, answers.map(\.id), answers.map(\.status.rawValue), answers.map(\.at), replica)
    }

    /// Releases ticks that this replica could not publish; any replica can take them over in a second.
    func giveBack(_ ids: [String]) async throws { try await database.execute(TickStatements.giveBack, replica, 1.0, ids) }

    /// Records why a schedule is invalid.
    func note(_ problem: ScheduleCache.Problem) async throws {
        try await database.execute(TickStatements.problem, problem.job, problem.reason, problem.revision)
    }

    /// Removes settled ticks due before a point in time, the oldest up to the limit; returns the number removed.
    func prune(before instant: Date, atMost limit: Int) async throws -> Int {
        try await database.execute(TickStatements.prune, instant, limit)
    }
}
