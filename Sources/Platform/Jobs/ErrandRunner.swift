import FoundationEssentials
import Logging
import Postgres

/// Works the slices of a job that calls outside: a slice claims and performs for a bounded time, then hands on.
struct ErrandRunner<E: Errand>: Sendable {
    let errand: E
    let runtime: ServiceRuntime
    let isStopping: @Sendable () -> Bool

    /// How long a slice claims new work.
    private static var claimingTime: Duration { .seconds(20) }
    /// While others still hold items of this run, it looks again after the second delay queue's pause.
    private static var lookAgain: Int { 2 }

    func work(_ run: Int, _ number: Int) async throws -> JobRunner.SliceEnd {
        let begun = try await runtime.patiently("\(E.name)") {
            try await runtime.transaction { tx -> RunLedger.RunRow? in
                guard let row = try await RunLedger.take(run: run, slice: number, instance: runtime.instance, tx) else { return nil }
                if !row.dryRun { try await errand.prepare(Slice(row, number: number, limit: 0, now: tx.now), tx) }
                return row
            }
        }
        guard let row = begun else { return .stale }
        if row.dryRun { return try await rehearse(row, run, number) }
        let tally = Tally()
        let started = ContinuousClock.now
        let isOut: @Sendable () -> Bool = { isStopping() || ContinuousClock.now - started > Self.claimingTime }
        let conveyor = Conveyor<E.Item, E.Outcome>(places: errand.inFlight, logger: runtime.logger) { finished, wanted in
            try await turn(row, number, finished, wanted, tally)
        } perform: { item in
            await errand.perform(item)
        }
        try await RunHeartbeat(run: run, slice: number, runtime: runtime).during { try await conveyor.run(isStopping: isOut) }
        return try await runtime.patiently("\(E.name)") { try await end(run, number, tally, ranOut: isOut()) }
    }

    /// Records what finished and claims as much again, in one transaction. If that fails because of an item, what finished is
    /// recorded in halves, and claims take half as much.
    private func turn(
        _ row: RunLedger.RunRow, _ number: Int, _ finished: [(E.Item, E.Outcome)], _ wanted: Int, _ tally: Tally
    ) async throws -> [E.Item] {
        do {
            return try await transact(row, number, finished[...], wanted, tally)
        } catch  where error.isPermanent {
            runtime.logger.info("A turn is divided", error: error, metadata: ["job": "\(E.name)", "finished": "\(finished.count)"])
        }
        try await Division.process(finished[...]) { some in
            _ = try await transact(row, number, some, 0, tally)
        } failed: { element, error in
            try await recordFailure(of: element.0.id, error, row, number, tally)
        }
        var limit = wanted
        while limit > 0 {
            do {
                return try await transact(row, number, [], limit, tally)
            } catch  where error.isPermanent {
                if limit == 1, try await !recordFailure(of: nil, error, row, number, tally) { throw error }
                limit = max(1, limit / 2)
            }
        }
        return []
    }

    /// A turn's transaction.
    private func transact(
        _ row: RunLedger.RunRow, _ number: Int, _ finished: ArraySlice<(E.Item, E.Outcome)>, _ wanted: Int, _ tally: Tally
    ) async throws -> [E.Item] {
        let (items, effects) = try await runtime.patiently("\(E.name)") {
            try await runtime.transaction { tx in
                let slice = Slice(row, number: number, limit: wanted, now: tx.now)
                let count = finished.isEmpty ? 0 : try await errand.record(Array(finished), slice, tx)
                let effects = tx.takeEffects()
                try tx.write(effects)
                if !finished.isEmpty { try RunLedger.count(row.id, processed: count, failed: effects.failures.count, tx) }
                let items = wanted > 0 ? try await errand.claim(wanted, slice, tx) : []
                return (items, effects)
            }
        }
        // Only after the commit, so that a turn that is tried again counts once.
        tally.add(effects)
        return items
    }

    /// Records an item that failed alone: this one, or the one that is due first.
    /// - Returns: false when nothing is due.
    @discardableResult
    private func recordFailure(
        of item: E.Item.ID?, _ error: any Error, _ row: RunLedger.RunRow, _ number: Int, _ tally: Tally
    ) async throws -> Bool {
        let reason = "\(error)".storable()
        let effects = try await runtime.patiently("\(E.name)") {
            try await runtime.transaction { tx -> Transaction.Effects? in
                let slice = Slice(row, number: number, limit: 1, now: tx.now)
                var item = item
                if item == nil { item = try await errand.firstDue(slice, tx) }
                guard let item else { return nil }
                try await errand.recordFailure(of: item, because: reason, slice, tx)
                tx.fail(E.name(of: item), reason)
                let effects = tx.takeEffects()
                try tx.write(effects)
                try RunLedger.count(row.id, processed: 0, failed: effects.failures.count, tx)
                return effects
            }
        }
        if let effects { tally.add(effects) }
        return effects != nil
    }

    private func end(_ run: Int, _ number: Int, _ tally: Tally, ranOut: Bool) async throws -> JobRunner.SliceEnd {
        try await runtime.transaction { tx in
            guard let row = try await RunLedger.take(run: run, slice: number, instance: runtime.instance, tx) else { return .stale }
            let slice = Slice(row, number: number, limit: 0, now: tx.now)
            let heldByOthers = ranOut ? false : try await errand.outstanding(slice, tx) > 0
            let isOver = !ranOut && !row.askedAgain && !heldByOthers
            // The turns have counted themselves; what they caused is told here.
            let details = tally.sum(onto: row.details)
            try await RunLedger.advance(run, details, processed: 0, failed: 0, isOver: isOver, tx)
            guard !isOver else { return .over }
            if heldByOthers { try await RunLedger.rest(run, slice: number + 1, for: ServiceTopology.delays[Self.lookAgain - 1], tx) }
            tx.publish(
                try OutgoingMessage(
                    slice: number + 1, of: run, job: E.name, row: row, service: tx.service, at: tx.now, delay: heldByOthers ? Self.lookAgain : nil))
            return .more
        }
    }

    private func rehearse(_ row: RunLedger.RunRow, _ run: Int, _ number: Int) async throws -> JobRunner.SliceEnd {
        let now = runtime.clock.now
        let count = try await runtime.database.dryRun { postgres in
            let tx = Transaction(postgres, service: runtime.name, now: now)
            let slice = Slice(row, number: number, limit: 0, now: now)
            try await errand.prepare(slice, tx)
            return try await errand.rehearse(slice, tx)
        }
        var rehearsal = JobRunner.Rehearsal(row.details)
        rehearsal.count = count
        return try await JobRunner.conclude(rehearsal, run, number, runtime)
    }
}
