import AMQP
import Contracts
import Cron
import FoundationEssentials
import Logging
import Metrics
import Platform
import Schedules
import ServiceLifecycle

/// The loop of the clock: once a second it learns what changed, takes over what others left, decides what comes due within the next second and arms it.
/// Each batch then has a task of its own, so that nothing here delays what is to be published.
struct Clockwork: Service {
    /// Fire times are decided this far ahead.
    private static let lead = Duration.seconds(1)
    /// Time zones and positions that lie in the future are looked at this often.
    private static let inspection = Duration.seconds(30)
    /// Settled ticks are kept so long, in seconds.
    private static let retention: TimeInterval = 30 * 86_400
    /// Ticks are removed in steps of so many.
    private static let pruneStep = 1_000

    private let runtime: ServiceRuntime
    private let schedules: [Schedule]
    private let zone: CronZone
    private let ledger: TickLedger
    private let sender: TickSender
    private let metrics = TickMetrics()
    private let complaints: Complaints
    /// When within a second a round begins: well before the next full second, at which ticks are due, and not at the same time as other replicas.
    private let phase = Double.random(in: 0.2...0.6)

    init(_ runtime: ServiceRuntime, schedules: [Schedule], zone: CronZone) {
        self.runtime = runtime
        self.schedules = schedules
        self.zone = zone
        // In containers every process has the same id, and may have the name of one that was killed.
        let replica = "\(runtime.instance)-\(String(UInt16.random(in: .min ... .max), radix: 16))"
        ledger = TickLedger(database: runtime.database, replica: replica)
        complaints = Complaints(runtime.logger)
        sender = TickSender(runtime: runtime, ledger: ledger, metrics: metrics, complaints: complaints)
    }

    func run() async throws {
        guard await runtime.ready() else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { await cancelWhenGracefulShutdown { await prune() } }
            await patiently { try await ledger.adopt(schedules, zone: zone) }
            var timetable = Timetable()
            var inspected: ContinuousClock.Instant?
            while !isStopping {
                await attempt { try await round(&timetable, &inspected) { batch in group.addTask { await sender.send(batch) } } }
                await pause(untilNextRound(runtime.clock.now))
            }
        }
    }

    // MARK: - A round

    private func round(_ timetable: inout Timetable, _ inspected: inout ContinuousClock.Instant?, _ send: (TickBatch) -> Void) async throws {
        for problem in timetable.apply(try await ledger.changes(after: timetable.revision)) {
            runtime.logger.warning("A schedule cannot be followed", metadata: ["job": "\(problem.job)", "reason": "\(problem.reason)"])
            try await ledger.note(problem)
        }
        let comparison = try await ledger.compare(runtime.clock)
        guard agrees(comparison) else { return }
        try await inspect(&timetable, &inspected, comparison.now)
        // What comes due while the broker is away is missed, and the policies say what is made up for.
        guard runtime.broker.isConnected else { return }
        try batches(try await ledger.takeOver(), timetable).forEach(send)
        let decisions = timetable.decisions(now: comparison.now, lead: Self.lead)
        guard !decisions.isEmpty else { return }
        let arming = try await ledger.arm(decisions)
        try batches(arming.ticks, timetable).forEach(send)
        try await note(decisions, arming, &timetable)
    }

    /// Whether this replica's clock may decide anything. One that differs from the database's says so once, and is not ready.
    private func agrees(_ comparison: ClockComparison) -> Bool {
        metrics.ahead.record(comparison.ahead)
        if comparison.agrees {
            runtime.conditions.settle("clock")
            complaints.settle("clock")
            return true
        }
        let limit = Int(ClockComparison.tolerance)
        runtime.conditions.wait(for: "its clock to agree with the database's (they differ by more than \(limit) s)", about: "clock")
        complaints.raise(
            "clock",
            "This clock and the database's differ by more than \(limit) s: nothing is decided here until they agree; is NTP at work on both?",
            metadata: ["ahead_seconds": "\(Int(comparison.ahead.rounded()))"])
        return false
    }

    /// Puts right what a wrong clock has left, and takes new rules of time zones into account.
    private func inspect(_ timetable: inout Timetable, _ inspected: inout ContinuousClock.Instant?, _ now: Date) async throws {
        let ahead = timetable.decided(beyond: now + TickLedger.furthest)
        guard !ahead.isEmpty || inspected.map({ $0.duration(to: .now) > Self.inspection }) ?? true else { return }
        for schedule in try await ledger.pullBack() {
            runtime.logger.warning(
                "A schedule was decided into the future, by a clock that was wrong, and is pulled back",
                metadata: [
                    "job": "\(schedule.job)", "decided_through": "\(RFC3339.string(from: schedule.was))",
                    "now_through": "\(RFC3339.string(from: schedule.decidedThrough))",
                ])
        }
        if !ahead.isEmpty {
            for position in try await ledger.positions(of: ahead) {
                timetable.moved(position.job, revision: position.revision, decidedThrough: position.decidedThrough)
            }
        }
        timetable.recompute()
        inspected = .now
    }

    private func batches(_ ticks: [ArmedTick], _ timetable: Timetable) throws -> [TickBatch] {
        try TickBatch.batches(ticks, now: runtime.clock.now) { timetable.misfire(of: $0) }
    }

    private func note(_ decisions: [Timetable.Decision], _ arming: TickLedger.Arming, _ timetable: inout Timetable) async throws {
        var missed = 0
        var refused: [String] = []
        for decision in decisions {
            guard arming.decided.contains(decision.job), let through = decision.plan.decidedThrough else {
                refused.append(decision.job)
                continue
            }
            timetable.moved(decision.job, revision: decision.revision, decidedThrough: through)
            missed += decision.plan.dropped
        }
        if missed > 0 {
            metrics.missed.increment(by: missed)
            runtime.logger.notice("Fire times were missed", metadata: ["count": "\(missed)"])
        }
        guard !refused.isEmpty else { return }
        for position in try await ledger.positions(of: refused) {
            timetable.moved(position.job, revision: position.revision, decidedThrough: position.decidedThrough)
        }
    }

    // MARK: - Pruning

    private func prune() async {
        while !isStopping {
            await attempt {
                let end = runtime.clock.now.addingTimeInterval(-Self.retention)
                while try await ledger.prune(before: end, atMost: Self.pruneStep) == Self.pruneStep {}
            }
            await pause(.seconds(600))
        }
    }

    // MARK: - Patience

    private var isStopping: Bool { Task.isCancelled || Task.isShuttingDownGracefully }

    /// Does the work; a failure is told once and leaves it to the next time.
    /// - Returns: whether it is done.
    @discardableResult
    private func attempt(_ work: () async throws -> Void) async -> Bool {
        do {
            try await work()
            complaints.settle("database")
            return true
        } catch {
            if !isStopping { complaints.raise("database", "The clock waits: \(error)") }
            return false
        }
    }

    private func patiently(_ work: () async throws -> Void) async {
        var backoff = Backoff(first: .milliseconds(50), longest: .seconds(1))
        while !isStopping, await !attempt(work) { await pause(backoff.next()) }
    }

    private func pause(_ duration: Duration) async { await cancelWhenGracefulShutdown { try? await Task.sleep(for: duration) } }

    private func untilNextRound(_ now: Date) -> Duration {
        let position = now.timeIntervalSince1970 - phase
        return .seconds(position.rounded(.down) + 1 - position)
    }
}
