import AMQP
import Contracts
import Cron
import FoundationEssentials
import Logging
import Metrics
import Platform
import Schedules
import ServiceLifecycle

/// The scheduler loop. Once a second it reads changed schedules, takes over ticks of replicas that stopped, and decides
/// and claims the fire times of the next second. Each batch is published by a task of its own, so that the loop does
/// not delay publishing.
struct Scheduler: Service {
    /// Fire times are decided this far ahead.
    private static let lead = Duration.seconds(1)
    /// How often time zone rules are applied again and schedules that were decided too far ahead are corrected.
    private static let inspection = Duration.seconds(30)
    /// How long settled ticks are kept, in seconds.
    private static let retention: TimeInterval = 30 * 86_400
    /// The number of ticks that one statement removes.
    private static let pruneStep = 1_000

    private let runtime: ServiceRuntime
    private let schedules: [Schedule]
    private let zone: CronZone
    private let store: TickStore
    private let sender: TickSender
    private let metrics = TickMetrics()
    private let warnings: WarnOnce
    /// The fraction of a second at which a round begins: well before the next full second, at which ticks are due, and
    /// not at the same time as other replicas.
    private let phase = Double.random(in: 0.2...0.6)

    init(_ runtime: ServiceRuntime, schedules: [Schedule], zone: CronZone) {
        self.runtime = runtime
        self.schedules = schedules
        self.zone = zone
        // In containers every process has the same process id, and may have the name of one that was killed.
        let replica = "\(runtime.instance)-\(String(UInt16.random(in: .min ... .max), radix: 16))"
        store = TickStore(database: runtime.database, replica: replica)
        warnings = WarnOnce(runtime.logger)
        sender = TickSender(runtime: runtime, store: store, metrics: metrics, warnings: warnings)
    }

    func run() async throws {
        guard await runtime.ready() else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { await cancelWhenGracefulShutdown { await prune() } }
            await retryingWhileDatabaseIsDown { try await store.syncSchedules(schedules, zone: zone) }
            var cache = ScheduleCache()
            var inspected: ContinuousClock.Instant?
            while !isStopping {
                await attempt { try await round(&cache, &inspected) { batch in group.addTask { await sender.send(batch) } } }
                await pause(untilNextRound(runtime.clock.now))
            }
        }
    }

    // MARK: - A round

    private func round(_ cache: inout ScheduleCache, _ inspected: inout ContinuousClock.Instant?, _ send: (TickBatch) -> Void) async throws {
        for problem in cache.apply(try await store.changes(after: cache.revision)) {
            runtime.logger.warning("A schedule cannot be followed", metadata: ["job": "\(problem.job)", "reason": "\(problem.reason)"])
            try await store.note(problem)
        }
        let comparison = try await store.compare(runtime.clock)
        guard agrees(comparison) else { return }
        try await inspect(&cache, &inspected, comparison.now)
        // Fire times while the broker is unreachable are missed; the misfire policies decide which of them are sent
        // later.
        guard runtime.broker.isConnected else { return }
        try batches(try await store.takeOver(), cache).forEach(send)
        let decisions = cache.decisions(now: comparison.now, lead: Self.lead)
        guard !decisions.isEmpty else { return }
        let claims = try await store.claim(decisions)
        try batches(claims.ticks, cache).forEach(send)
        try await note(decisions, claims, &cache)
    }

    /// Whether this replica's clock may decide fire times. If it differs from the database's, that is logged once and
    /// the replica is not ready.
    private func agrees(_ comparison: ClockComparison) -> Bool {
        metrics.ahead.record(comparison.ahead)
        if comparison.agrees {
            runtime.conditions.settle("clock")
            warnings.settle("clock")
            return true
        }
        let limit = Int(ClockComparison.tolerance)
        runtime.conditions.wait(for: "its clock to agree with the database's (they differ by more than \(limit) s)", about: "clock")
        warnings.raise(
            "clock",
            "This clock and the database's differ by more than \(limit) s: nothing is decided here until they agree; is NTP at work on both?",
            metadata: ["ahead_seconds": "\(Int(comparison.ahead.rounded()))"])
        return false
    }

    /// Corrects schedules that a wrong clock decided too far ahead, and applies new time zone rules.
    private func inspect(_ cache: inout ScheduleCache, _ inspected: inout ContinuousClock.Instant?, _ now: Date) async throws {
        let ahead = cache.decided(beyond: now + TickStore.furthest)
        guard !ahead.isEmpty || inspected.map({ $0.duration(to: .now) > Self.inspection }) ?? true else { return }
        for schedule in try await store.pullBack() {
            runtime.logger.warning(
                "A schedule was decided into the future, by a clock that was wrong, and is pulled back",
                metadata: [
                    "job": "\(schedule.job)", "decided_through": "\(RFC3339.string(from: schedule.was))",
                    "now_through": "\(RFC3339.string(from: schedule.decidedThrough))",
                ])
        }
        if !ahead.isEmpty {
            for position in try await store.positions(of: ahead) {
                cache.moved(position.job, revision: position.revision, decidedThrough: position.decidedThrough)
            }
        }
        cache.recompute()
        inspected = .now
    }

    private func batches(_ ticks: [ClaimedTick], _ cache: ScheduleCache) throws -> [TickBatch] {
        try TickBatch.batches(ticks, now: runtime.clock.now, cache)
    }

    private func note(_ decisions: [ScheduleCache.Decision], _ claims: TickStore.Claims, _ cache: inout ScheduleCache) async throws {
        var missed = 0
        var refused: [String] = []
        for decision in decisions {
            guard claims.decided.contains(decision.job), let through = decision.plan.decidedThrough else {
                refused.append(decision.job)
                continue
            }
            cache.moved(decision.job, revision: decision.revision, decidedThrough: through)
            missed += decision.plan.dropped
        }
        if missed > 0 {
            metrics.missed.increment(by: missed)
            runtime.logger.notice("Fire times were missed", metadata: ["count": "\(missed)"])
        }
        guard !refused.isEmpty else { return }
        for position in try await store.positions(of: refused) {
            cache.moved(position.job, revision: position.revision, decidedThrough: position.decidedThrough)
        }
    }

    // MARK: - Pruning

    private func prune() async {
        while !isStopping {
            await attempt {
                let end = runtime.clock.now.addingTimeInterval(-Self.retention)
                while try await store.prune(before: end, atMost: Self.pruneStep) == Self.pruneStep {}
            }
            await pause(.seconds(600))
        }
    }

    // MARK: - Retries and pauses

    private var isStopping: Bool { Task.isCancelled || Task.isShuttingDownGracefully }

    /// Runs the work. A failure is logged once; the work is tried again next time.
    /// - Returns: whether it succeeded.
    @discardableResult
    private func attempt(_ work: () async throws -> Void) async -> Bool {
        do {
            try await work()
            warnings.settle("database")
            return true
        } catch {
            if !isStopping { warnings.raise("database", "The clock waits: \(error)") }
            return false
        }
    }

    private func retryingWhileDatabaseIsDown(_ work: () async throws -> Void) async {
        var backoff = Backoff(first: .milliseconds(50), longest: .seconds(1))
        while !isStopping, await !attempt(work) { await pause(backoff.next()) }
    }

    private func pause(_ duration: Duration) async { await cancelWhenGracefulShutdown { try? await Task.sleep(for: duration) } }

    private func untilNextRound(_ now: Date) -> Duration {
        let position = now.timeIntervalSince1970 - phase
        return .seconds(position.rounded(.down) + 1 - position)
    }
}
