import Contracts
import FoundationEssentials
import Logging
import Metrics
import Postgres

/// Works the slices of one job.
struct JobRunner: Sendable {
    let name: JobName
    private let workSlice:
        @Sendable (_ run: Int, _ number: Int, _ runtime: ServiceRuntime, _ isStopping: @escaping @Sendable () -> Bool) async throws -> SliceEnd

    /// What became of a slice.
    enum SliceEnd: Sendable, Equatable {
        /// It was worked before, by this or another process.
        case stale
        /// It is done and the next one is on its way.
        case more
        /// The run is over.
        case over
    }

    /// A runner for a job on the database.
    init<J: Job>(_ job: J) {
        name = J.name
        workSlice = { run, number, runtime, _ in try await Self.work(job, run, number, runtime) }
    }

    /// A runner for a job that calls outside.
    init<E: Errand>(_ errand: E) {
        name = E.name
        workSlice = { run, number, runtime, isStopping in
            try await ErrandRunner(errand: errand, runtime: runtime, isStopping: isStopping).work(run, number)
        }
    }

    /// Works one slice of a run.
    func work(run: Int, slice: Int, _ runtime: ServiceRuntime, isStopping: @escaping @Sendable () -> Bool) async throws -> SliceEnd {
        try await workSlice(run, slice, runtime, isStopping)
    }

    private static func work<J: Job>(_ job: J, _ run: Int, _ number: Int, _ runtime: ServiceRuntime) async throws -> SliceEnd {
        let end = try await runtime.patiently("\(J.name)") {
            try await runtime.transaction { tx -> SliceEnd? in
                guard let row = try await RunLedger.take(run: run, slice: number, instance: runtime.instance, tx) else { return .stale }
                guard !row.dryRun else { return nil }
                let slice = Slice(row, number: number, limit: J.sliceLimit, now: tx.now)
                let progress = try await job.run(slice, tx)
                let isOver = !progress.more && !row.askedAgain
                var details = row.details
                // A run that was asked for again starts over at the beginning of its rows.
                details.cursor = progress.more ? progress.cursor : nil
                try await finish(run, number, J.name, row, details, count: progress.count, isOver: isOver, tx)
                return isOver ? .over : .more
            }
        }
        guard let end else { return try await rehearse(job, run, number, runtime) }
        return end
    }

    /// Writes the end of a slice, everything that it caused and, in front of that, the message for the next one: the relay has published it when it
    /// comes to the slice's own.
    private static func finish(
        _ run: Int, _ number: Int, _ job: JobName, _ row: RunLedger.RunRow, _ details: RunDetails, count: Int, isOver: Bool, _ tx: Transaction
    ) async throws {
        var effects = tx.takeEffects()
        var details = details
        details.add(effects)
        if !isOver {
            let next = try OutgoingMessage(slice: number + 1, of: run, job: job, row: row, service: tx.service, at: tx.now, delay: nil)
            effects.messages.insert(next, at: 0)
        }
        try tx.write(effects)
        try await RunLedger.advance(run, details, processed: count, failed: effects.failures.count, isOver: isOver, tx)
    }

    /// All slices in one transaction that is rolled back; only the ledger learns what they would have done.
    private static func rehearse<J: Job>(_ job: J, _ run: Int, _ number: Int, _ runtime: ServiceRuntime) async throws -> SliceEnd {
        let now = runtime.clock.now
        let outcome = try await runtime.patiently("The dry run of \(J.name)") {
            try await runtime.database.dryRun { postgres in
                let tx = Transaction(postgres, service: runtime.name, now: now)
                guard let row = try await RunLedger.take(run: run, slice: number, instance: runtime.instance, tx) else { return nil as Rehearsal? }
                var rehearsal = Rehearsal(row.details)
                var cursor = row.details.cursor
                var slice = number
                var more = true
                while more {
                    let progress = try await job.run(Slice(row, number: slice, limit: J.sliceLimit, now: now, cursor: cursor), tx)
                    rehearsal.add(progress, tx.takeEffects())
                    cursor = progress.cursor
                    more = progress.more
                    slice += 1
                }
                return rehearsal
            }
        }
        guard let outcome else { return .stale }
        return try await conclude(outcome, run, number, runtime)
    }

    /// Records a dry run.
    static func conclude(_ rehearsal: Rehearsal, _ run: Int, _ number: Int, _ runtime: ServiceRuntime) async throws -> SliceEnd {
        try await runtime.transaction { tx in
            guard try await RunLedger.take(run: run, slice: number, instance: runtime.instance, tx) != nil else { return .stale }
            try await RunLedger.advance(run, rehearsal.details, processed: rehearsal.count, failed: rehearsal.failed, isOver: true, tx)
            return .over
        }
    }

    /// What a dry run would have done.
    struct Rehearsal: Sendable {
        var details: RunDetails
        var count = 0
        var failed = 0

        init(_ details: RunDetails) { self.details = details }

        mutating func add(_ progress: Progress, _ effects: Transaction.Effects) {
            count += progress.count
            failed += effects.failures.count
            details.add(effects)
        }
    }
}

extension Slice {
    init(_ row: RunLedger.RunRow, number: Int, limit: Int, now: Date, cursor: String? = nil) {
        self.init(
            now: now, scheduledFor: row.scheduledFor, runID: row.id, number: number, limit: limit, cursor: cursor ?? row.details.cursor,
            parameters: row.details.parameters ?? [:], isDryRun: row.dryRun)
    }
}

extension OutgoingMessage {
    /// The message that carries a run on: straight into the service's own queue, or into one of its delay queues.
    init(slice number: Int, of run: Int, job: JobName, row: RunLedger.RunRow, service: String, at now: Date, delay: Int?) throws {
        let tick = Tick(
            job: job, scheduledFor: row.scheduledFor, trigger: .api, dryRun: row.dryRun, parameters: [:], misfire: .all,
            slice: .init(runId: run, number: number))
        let queue = "\(service).ticks"
        try self.init(
            tick, exchange: "", routingKey: delay.map { ServiceTopology.delay(queue, after: $0) } ?? queue, from: service, at: now,
            id: "\(job.rawValue)/run-\(run)/slice-\(number)")
    }
}
