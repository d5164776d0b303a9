import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres
import Schedules

/// The tables of the clock, as one replica works on them: ``TickStatements`` with types.
struct TickStore: Sendable {
    /// How long a replica has to itself what it claimed, from the fire time on. After a crash its ticks are this much late.
    static let lease = 5.0
    /// As many ticks are taken over at a time.
    static let takeOverLimit = 1_000

    let database: PostgresClient
    /// Who claims; no two processes, however they are started, have the same.
    let replica: String

    /// What became of decisions.
    struct Claims: Equatable, Sendable {
        /// Ticks that are this replica's to publish.
        var ticks: [ClaimedTick] = []
        /// The jobs whose decisions hold. Another replica was ahead of the others, or they changed.
        var decided: Set<String> = []
    }

    /// How far a schedule is decided.
    struct Position: Decodable, Equatable, Sendable {
        var job: String
        var decidedThrough: Date
        var revision: Int
    }

    /// What the broker said to a tick.
    struct Answer: Equatable, Sendable {
        enum Status: String, Sendable { case published, unroutable }

        var id: String
        var status: Status
        var at: Date
    }

    /// Takes the document over: its schedules are followed, those that it does not have any more are not.
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

    /// What the database's clock says, beside a replica's.
    func compare(_ clock: WallClock) async throws -> ClockComparison {
        let before = clock.now
        let there = try await database.query(TickStatements.clock, as: Date.self).first
        return ClockComparison(before: before, database: there ?? before, after: clock.now)
    }

    /// Brings schedules back that are decided further ahead than any replica decides: somebody's clock, or the database's, was wrong.
    func pullBack() async throws -> [PulledBack] {
        try await database.query(TickStatements.pullBack, as: PulledBack.self, Self.furthest, TickPlan.graceSeconds)
    }

    /// Ticks are decided a second ahead by clocks that differ by two at most.
    static let furthest = 10.0

    /// A schedule that was decided into the future.
    struct PulledBack: Decodable, Equatable, Sendable {
        var job: String
        var was: Date
        var decidedThrough: Date
    }

    /// Decides fire times and claims their ticks; each decision holds as a whole or not at all.
    func claim(_ decisions: [ScheduleCache.Decision]) async throws -> Claims {
        let plans = decisions.compactMap { decision in decision.plan.decidedThrough.map { (decision, $0) } }
        guard !plans.isEmpty else { return Claims() }
        let ticks = plans.flatMap { decision, _ in
            decision.plan.misfired.map { (decision.job, $0, true) } + decision.plan.due.map { (decision.job, $0, false) }
        }
        let rows = try await database.query(
            TickStatements.claim, as: ArmedRow.self,
            plans.map(\.0.job), plans.map(\.0.revision), plans.map(\.0.decidedBefore), plans.map(\.1), plans.map(\.0.plan.dropped),
            ticks.map { "\($0.0)@\(RFC3339.string(from: $0.1))" }, ticks.map(\.0), ticks.map(\.1), ticks.map(\.2), replica, Self.lease)
        return Claims(ticks: rows.compactMap(\.tick), decided: Set(rows.map(\.job)))
    }

    private struct ArmedRow: Decodable, Sendable {
        let job: String
        let id: String?
        let scheduledFor: Date?

        var tick: ClaimedTick? {
            guard let id, let scheduledFor else { return nil }
            return ClaimedTick(id: id, job: job, scheduledFor: scheduledFor)
        }
    }

    /// Takes over ticks whose lease has ended: they are this replica's to publish.
    func takeOver() async throws -> [ClaimedTick] {
        try await database.query(TickStatements.takeOver, as: ClaimedTick.self, replica, Self.lease, Self.takeOverLimit)
    }

    /// Records what the broker said.
    func settle(_ answers: [Answer]) async throws {
        try await database.execute(
            TickStatements.settle, answers.map(\.id), answers.map(\.status.rawValue), answers.map(\.at), replica)
    }

    /// Lets others have, in a second, what this replica could not publish.
    func giveBack(_ ids: [String]) async throws { try await database.execute(TickStatements.giveBack, replica, 1.0, ids) }

    /// Notes why a schedule cannot be followed.
    func note(_ problem: ScheduleCache.Problem) async throws {
        try await database.execute(TickStatements.problem, problem.job, problem.reason, problem.revision)
    }

    /// Removes settled ticks of before an instant, the oldest so many; returns how many that were.
    func prune(before instant: Date, atMost limit: Int) async throws -> Int {
        try await database.execute(TickStatements.prune, instant, limit)
    }
}
