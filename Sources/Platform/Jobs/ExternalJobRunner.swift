import FoundationEssentials
import Logging
import Postgres

/// Runs the slices of an external job: a slice claims and performs items for a bounded time, then the next slice
/// continues.
struct ExternalJobRunner<E: ExternalJob>: Sendable {
    let externalJob: E
    let runtime: ServiceRuntime
    let isStopping: @Sendable () -> Bool

    /// How long a slice claims new items.
    private static var claimingTime: Duration { .seconds(20) }
    /// While other processes hold items of this run, the next slice waits in the second delay queue.
    private static var recheckDelay: Int { 2 }

    func work(_ run: Int, _ number: Int) async throws -> JobRunner.SliceOutcome {
        let begun = try await runtime.retriedTransaction("\(E.name)") { tx -> JobRunStore.RunRow? in
            guard let row = try await JobRunStore.lockSlice(run: run, slice: number, instance: runtime.instance, tx) else { return nil }
            if !row.dryRun { try await externalJob.prepare(Slice(row, number: number, limit: 0, now: tx.now), tx) }
            return row
        }
        guard let row = begun else { return .stale }
        if row.dryRun { return try await dryRun(row, run, number) }
        let counters = RunCounters()
        let started = ContinuousClock.now
        let isOut: @Sendable () -> Bool = { isStopping() || ContinuousClock.now - started > Self.claimingTime }
        let pool = LeasedWorkPool<E.Item, E.Outcome>(concurrency: externalJob.inFlight, logger: runtime.logger) { finished, wanted in
            try await recordAndClaim(row, number, finished, wanted, counters)
        } perform: { item in
            await externalJob.perform(item)
        }
        try await RunHeartbeat(run: run, slice: number, runtime: runtime).during { try await pool.run(isStopping: isOut) }
        return try await runtime.retryingWhileDatabaseIsDown("\(E.name)") { try await end(run, number, counters, ranOut: isOut()) }
    }

    /// Records the finished items and claims replacements, in one transaction. If that fails because of an item, the
    /// finished items are recorded in halves, and claims take half as many.
    private func recordAndClaim(
        _ row: JobRunStore.RunRow, _ number: Int, _ finished: [(E.Item, E.Outcome)], _ wanted: Int, _ counters: RunCounters
    ) async throws -> [E.Item] {
        do {
            return try await transact(row, number, finished[...], wanted, counters)
        } catch  where error.isPermanent {
            runtime.logger.info("A round is divided", error: error, metadata: ["job": "\(E.name)", "finished": "\(finished.count)"])
        }
        try await Division.process(finished[...]) { some in
            _ = try await transact(row, number, some, 0, counters)
        } failed: { element, error in
            try await recordFailure(of: element.0.id, error, row, number, counters)
        }
        var limit = wanted
        while limit > 0 {
            do {
                return try await transact(row, number, [], limit, counters)
            } catch  where error.isPermanent {
                if limit == 1, try await !recordFailure(of: nil, error, row, number, counters) { throw error }
                limit = max(1, limit / 2)
            }
        }
        return []
    }

    /// The transaction of one round.
    private func transact(
        _ row: JobRunStore.RunRow, _ number: Int, _ finished: ArraySlice<(E.Item, E.Outcome)>, _ wanted: Int, _ counters: RunCounters
    ) async throws -> [E.Item] {
        let (items, effects) = try await runtime.retriedTransaction("\(E.name)") { tx in
            let slice = Slice(row, number: number, limit: wanted, now: tx.now)
            let count = finished.isEmpty ? 0 : try await externalJob.record(Array(finished), slice, tx)
            let effects = tx.takeEffects()
            try tx.write(effects)
            if !finished.isEmpty { try JobRunStore.count(row.id, processed: count, failed: effects.failures.count, tx) }
            let items = wanted > 0 ? try await externalJob.claim(wanted, slice, tx) : []
            return (items, effects)
        }
        // Only after the commit, so that a round that is retried counts once.
        counters.add(effects)
        return items
    }

    /// Records an item that failed alone: the given one, or the first that is due.
    /// - Returns: false when nothing is due.
    @discardableResult
    private func recordFailure(
        of item: E.Item.ID?, _ error: any Error, _ row: JobRunStore.RunRow, _ number: Int, _ counters: RunCounters
    ) async throws -> Bool {
        let reason = "\(error)".storable()
        let effects = try await runtime.retriedTransaction("\(E.name)") { tx -> Transaction.Effects? in
            let slice = Slice(row, number: number, limit: 1, now: tx.now)
            var item = item
            if item == nil { item = try await externalJob.firstDue(slice, tx) }
            guard let item else { return nil }
            try await externalJob.recordFailure(of: item, because: reason, slice, tx)
            tx.recordFailure(of: E.name(of: item), reason: reason)
            let effects = tx.takeEffects()
            try tx.write(effects)
            try JobRunStore.count(row.id, processed: 0, failed: effects.failures.count, tx)
            return effects
        }
        if let effects { counters.add(effects) }
        return effects != nil
    }

    private func end(_ run: Int, _ number: Int, _ counters: RunCounters, ranOut: Bool) async throws -> JobRunner.SliceOutcome {
        try await runtime.transaction { tx in
            guard let row = try await JobRunStore.lockSlice(run: run, slice: number, instance: runtime.instance, tx) else { return .stale }
            let slice = Slice(row, number: number, limit: 0, now: tx.now)
            let heldByOthers = ranOut ? false : try await externalJob.outstanding(slice, tx) > 0
            let isOver = !ranOut && !row.rerunRequested && !heldByOthers
            // Each round has updated the counts of the run; the details of what it caused are added here.
            let details = counters.sum(onto: row.details)
            try await JobRunStore.advance(run, details, processed: 0, failed: 0, isOver: isOver, tx)
            guard !isOver else { return .over }
            if heldByOthers { try await JobRunStore.rest(run, slice: number + 1, for: ServiceTopology.delays[Self.recheckDelay - 1], tx) }
            tx.publish(
                try OutgoingMessage(
                    slice: number + 1, of: run, job: E.name, row: row, service: tx.service, at: tx.now, delay: heldByOthers ? Self.recheckDelay : nil)
            )
            return .more
        }
    }

    private func dryRun(_ row: JobRunStore.RunRow, _ run: Int, _ number: Int) async throws -> JobRunner.SliceOutcome {
        let now = runtime.clock.now
        let count = try await runtime.database.dryRun { postgres in
            let tx = Transaction(postgres, service: runtime.name, now: now)
            let slice = Slice(row, number: number, limit: 0, now: now)
            try await externalJob.prepare(slice, tx)
            return try await externalJob.dryRun(slice, tx)
        }
        var result = JobRunner.DryRunResult(row.details)
        result.count = count
        return try await JobRunner.conclude(result, run, number, runtime)
    }
}
