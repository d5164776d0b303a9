import Contracts
import FoundationEssentials
import Logging
import Metrics
import Postgres
import Synchronization

/// Runs the slices of one job.
struct JobRunner: Sendable {
    let name: JobName
    private let workSlice:
        @Sendable (_ run: Int, _ number: Int, _ runtime: ServiceRuntime, _ isStopping: @escaping @Sendable () -> Bool) async throws -> SliceOutcome

    /// The outcome of a slice.
    enum SliceOutcome: Sendable, Equatable {
        /// It was processed before, by this or another process.
        case stale
        /// It is done, and the message for the next one will be published.
        case more
        /// The run has ended.
        case over
    }

    /// A runner for a job on the database.
    init<J: Job>(_ job: J) {
        name = J.name
        workSlice = { run, number, runtime, _ in try await Self.work(job, run, number, runtime) }
    }

    /// A runner for an external job.
    init<E: ExternalJob>(_ externalJob: E) {
        name = E.name
        workSlice = { run, number, runtime, isStopping in
            try await ExternalJobRunner(externalJob: externalJob, runtime: runtime, isStopping: isStopping).work(run, number)
        }
    }

    /// Processes one slice of a run.
    func work(run: Int, slice: Int, _ runtime: ServiceRuntime, isStopping: @escaping @Sendable () -> Bool) async throws -> SliceOutcome {
        try await workSlice(run, slice, runtime, isStopping)
    }

    /// Processes one slice; one that fails because of a row is processed again with half its limit, down to one row.
    private static func work<J: Job>(_ job: J, _ run: Int, _ number: Int, _ runtime: ServiceRuntime) async throws -> SliceOutcome {
        var most = Int.max
        while true {
            let taken = Mutex(1)
            do {
                let end = try await runtime.retriedTransaction("\(J.name)") { tx -> SliceOutcome? in
                    guard let row = try await JobRunStore.lockSlice(run: run, slice: number, instance: runtime.instance, tx) else { return .stale }
                    guard !row.dryRun else { return nil }
                    let limit = max(1, min(most, row.details.limit ?? J.sliceLimit))
                    taken.withLock { $0 = limit }
                    return try await work(job, row, number, limit: limit, tx)
                }
                guard let end else { return try await dryRun(job, run, number, runtime) }
                return end
            } catch  where error.mayComeFromARow {
                let limit = taken.withLock { $0 }
                guard limit > 1 else { throw error }
                most = limit / 2
                runtime.logger.info("A slice is divided", error: error, metadata: ["job": "\(J.name)", "limit": "\(most)"])
            }
        }
    }

    /// Processes a slice of at most `limit` rows in its transaction.
    private static func work<J: Job>(
        _ job: J, _ row: JobRunStore.RunRow, _ number: Int, limit: Int, _ tx: Transaction
    ) async throws -> SliceOutcome {
        let slice = Slice(row, number: number, limit: limit, now: tx.now)
        let (progress, written) = limit > 1 ? (try await job.run(slice, tx), nil) : try await workAlone(job, slice, tx)
        let isOver = !progress.more && !row.rerunRequested
        var details = row.details
        // A run that was asked to repeat its work starts again at the first row.
        details.cursor = progress.more ? progress.cursor : nil
        // After a bad row the limit doubles, so that a stretch of bad rows is not met with full slices again and again.
        details.limit = progress.more && limit < J.sliceLimit / 2 ? limit * 2 : nil
        try await finish(
            row, number, J.name, details, written, count: progress.count, isOver: isOver, delay: J.restsBetweenSlices ? 1 : nil, tx)
        return isOver ? .over : .more
    }

    /// Processes a single row. If that fails because of the row, the row is recorded on the run and skipped.
    /// - Returns: the progress, and its effects if they are written to their tables already.
    private static func workAlone<J: Job>(_ job: J, _ slice: Slice, _ tx: Transaction) async throws -> (Progress, Transaction.Effects?) {
        guard let row = try await job.firstRow(of: slice, tx) else { return (try await job.run(slice, tx), nil) }
        do {
            return try await tx.savepoint { try await job.run(slice, tx) }
        } catch  where error.mayComeFromARow {
            tx.recordFailure(of: row.name, reason: error)
            return (Progress(0, more: true, cursor: row.cursor), nil)
        }
    }

    /// Writes the end of a slice, everything that it caused and, before that, the message for the next slice: the relay
    /// publishes in this order, so the next slice does not wait for the messages of this one.
    private static func finish(
        _ row: JobRunStore.RunRow, _ number: Int, _ job: JobName, _ details: RunDetails, _ written: Transaction.Effects?, count: Int, isOver: Bool,
        delay: Int?, _ tx: Transaction
    ) async throws {
        var effects = tx.takeEffects()
        var details = details
        if let written { details.add(written) }
        details.add(effects)
        let failed = effects.failures.count + (written?.failures.count ?? 0)
        if !isOver {
            let next = try OutgoingMessage(slice: number + 1, of: row.id, job: job, row: row, service: tx.service, at: tx.now, delay: delay)
            effects.messages.insert(next, at: 0)
        }
        try tx.write(effects)
        try await JobRunStore.advance(row.id, details, processed: count, failed: failed, isOver: isOver, tx)
    }

    /// All slices in one transaction that is rolled back; only `operations.job_runs` keeps what they would have done.
    private static func dryRun<J: Job>(_ job: J, _ run: Int, _ number: Int, _ runtime: ServiceRuntime) async throws -> SliceOutcome {
        let now = runtime.clock.now
        let outcome = try await runtime.retryingWhileDatabaseIsDown("The dry run of \(J.name)") {
            try await runtime.database.dryRun { postgres in
                let tx = Transaction(postgres, service: runtime.name, now: now)
                guard let row = try await JobRunStore.lockSlice(run: run, slice: number, instance: runtime.instance, tx) else {
                    return nil as DryRunResult?
                }
                var result = DryRunResult(row.details)
                var (cursor, slice, limit, more) = (row.details.cursor, number, J.sliceLimit, true)
                while more {
                    let next = Slice(row, number: slice, limit: limit, now: now, cursor: cursor)
                    do {
                        let (progress, effects) = try await tx.savepoint { try await job.run(next, tx) }
                        result.add(progress, effects)
                        (cursor, more) = (progress.cursor, progress.more)
                        limit = min(J.sliceLimit, limit * 2)
                        slice += 1
                    } catch  where error.mayComeFromARow {
                        if limit > 1 {
                            limit /= 2
                            continue
                        }
                        guard let bad = try await job.firstRow(of: next, tx) else { throw error }
                        result.add(RowFailure(row: bad.name, error: "\(error)"))
                        cursor = bad.cursor
                        slice += 1
                    }
                }
                return result
            }
        }
        guard let outcome else { return .stale }
        return try await conclude(outcome, run, number, runtime)
    }

    /// Records a dry run.
    static func conclude(_ result: DryRunResult, _ run: Int, _ number: Int, _ runtime: ServiceRuntime) async throws -> SliceOutcome {
        try await runtime.transaction { tx in
            guard try await JobRunStore.lockSlice(run: run, slice: number, instance: runtime.instance, tx) != nil else { return .stale }
            try await JobRunStore.advance(run, result.details, processed: result.count, failed: result.failed, isOver: true, tx)
            return .over
        }
    }

    /// What a dry run would have done.
    struct DryRunResult: Sendable {
        var details: RunDetails
        var count = 0
        var failed = 0

        init(_ details: RunDetails) { self.details = details }

        mutating func add(_ progress: Progress, _ effects: Transaction.Effects) {
            count += progress.count
            failed += effects.failures.count
            details.add(effects)
        }

        mutating func add(_ failure: RowFailure) {
            failed += 1
            details.add(Transaction.Effects(failures: [failure]))
        }
    }
}

extension Slice {
    init(_ row: JobRunStore.RunRow, number: Int, limit: Int, now: Date, cursor: String? = nil) {
        self.init(
            job: JobName(rawValue: row.job), now: now, scheduledFor: row.scheduledFor, previousFireTime: row.previousFireTime,
            nextFireTime: row.nextFireTime, runID: row.id, number: number, limit: limit, cursor: cursor ?? row.details.cursor,
            parameters: row.details.parameters ?? [:], isDryRun: row.dryRun)
    }
}

extension OutgoingMessage {
    /// The message that continues a run: straight to the service's tick queue, or through one of its delay queues.
    init(slice number: Int, of run: Int, job: JobName, row: JobRunStore.RunRow, service: String, at now: Date, delay: Int?) throws {
        let tick = Tick(
            job: job, scheduledFor: row.scheduledFor, trigger: .api, dryRun: row.dryRun, parameters: [:], misfire: .all,
            slice: .init(runId: run, number: number))
        let queue = QueueName.ticks(of: service)
        try self.init(
            tick, exchange: Exchange.retry(of: service), routingKey: delay.map { ServiceTopology.delay(queue, after: $0) } ?? queue,
            from: service, at: now, id: "\(job.rawValue)/run-\(run)/slice-\(number)")
    }
}
