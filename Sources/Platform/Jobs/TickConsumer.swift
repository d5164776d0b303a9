import AMQP
import Contracts
import FoundationEssentials
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Consumes the ticks of one service and processes their runs, each tick on its own.
///
/// Of the ticks that waited while the service was down, only the newest of a job is processed when its schedule says
/// `latest`; the others are recorded as superseded. A tick is acked when its slice has committed, so the broker
/// requeues it when the process is killed.
struct TickConsumer: Service {
    /// More than a day of a five-minute job.
    private static let prefetch = 500
    /// How long the ticks that waited may take to arrive.
    private static let gathering = Duration.seconds(1)

    /// How long a tick waits in place for another run of its job to end, before it waits in a delay queue: most runs are
    /// short, and a second replica takes turns with this one.
    private static let patience = Duration.seconds(2)
    private static let look = Duration.milliseconds(50)

    /// Pause before requeueing a failed tick, so that it is not redelivered immediately.
    private static let pause = Duration.seconds(1)

    private let runtime: ServiceRuntime
    private let topology: ServiceTopology
    private let runners: [JobName: JobRunner]
    private let failures: RetryPublisher
    private let rescuer: RunRescuer
    private let progress: QueueProgress

    init(_ runtime: ServiceRuntime, _ topology: ServiceTopology, _ runners: [JobRunner], _ rescuer: RunRescuer) {
        self.rescuer = rescuer
        progress = runtime.queues[topology.ticks]
        self.runtime = runtime
        self.topology = topology
        self.runners = Dictionary(runners.map { ($0.name, $0) }) { first, _ in first }
        self.failures = RetryPublisher(runtime: runtime, topology: topology, queue: topology.ticks)
    }

    func run() async throws {
        guard await runtime.ready() else { return }
        let waiting = await ticksWaiting()
        let deliveries = runtime.broker.consume(topology.ticks, prefetch: Self.prefetch)
        let arrived = BatchBuffer<AMQPDelivery>()
        let stopping = AsyncLatch()
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    for await batch in deliveries {
                        batch.forEach(progress.arrived)
                        arrived.put(batch)
                    }
                    arrived.finish()
                }
                // Another replica may take some of them: those that arrived by then are processed.
                await arrived.gather(waiting, atMost: Self.gathering)
                var lanes: [JobName: BatchBuffer<AMQPDelivery>] = [:]
                while let ticks = await arrived.take(atMost: Self.prefetch) {
                    let (independent, ordered) = await sorted(ticks)
                    for delivery in independent { group.addTask { await work(delivery, isStopping: { stopping.isOpen }) } }
                    for (job, deliveries) in ordered {
                        let lane = lanes[job] ?? BatchBuffer()
                        lane.put(deliveries)
                        if lanes.updateValue(lane, forKey: job) == nil { group.addTask { await work(lane, stopping) } }
                    }
                }
                for lane in lanes.values { lane.finish() }
            }
            await runtime.broker.flush()
        } onGracefulShutdown: {
            stopping.open()
            Task { await deliveries.stop() }
        }
        // A part that ends by itself counts as a failure; the connection may be closed before this one is told to stop.
        try? await gracefulShutdown()
    }

    private func ticksWaiting() async -> Int {
        do {
            try await cancelWhenGracefulShutdown { try await runtime.broker.connected() }
            return min(try await runtime.broker.inspect(queue: topology.ticks)?.messages ?? 0, Self.prefetch)
        } catch {
            return 0
        }
    }

    /// Processes ticks of one job one after the other. When the service stops, those that are left go back to the broker.
    private func work(_ lane: BatchBuffer<AMQPDelivery>, _ stopping: AsyncLatch) async {
        while let delivery = await lane.take(atMost: 1)?.first {
            guard !stopping.isOpen else { continue }
            await work(delivery, isStopping: { stopping.isOpen })
        }
    }

    /// The deliveries to process: those that are independent of each other, and by job the ticks whose misfire policy is
    /// `all`, in the order of their times. Ticks that a newer one among them makes unnecessary are recorded and acked.
    private func sorted(_ deliveries: [AMQPDelivery]) async -> (independent: [AMQPDelivery], ordered: [JobName: [AMQPDelivery]]) {
        let ticks = deliveries.map { try? IncomingTick($0, now: runtime.clock.now) }
        var newest: [JobName: Date] = [:]
        for tick in ticks { if let tick, tick.isSupersedable { newest[tick.job] = max(newest[tick.job] ?? .distantPast, tick.scheduledFor) } }
        var independent: [AMQPDelivery] = []
        var ordered: [JobName: [(instant: Date, delivery: AMQPDelivery)]] = [:]
        for (delivery, tick) in zip(deliveries, ticks) {
            if let tick, tick.isSupersedable, let latest = newest[tick.job], tick.scheduledFor < latest {
                if await !supersede(tick, delivery) { independent.append(delivery) }
            } else if let tick, tick.waitsForItsTurn {
                ordered[tick.job, default: []].append((tick.scheduledFor, delivery))
            } else {
                independent.append(delivery)
            }
        }
        return (independent, ordered.mapValues { ticks in ticks.sorted { $0.instant < $1.instant }.map(\.delivery) })
    }

    /// Records a tick as superseded and acks it.
    /// - Returns: false when its run was started already (in a process that died, say): that run is to be completed.
    private func supersede(_ tick: IncomingTick, _ delivery: AMQPDelivery) async -> Bool {
        do {
            let hasBegun = try await runtime.retriedTransaction("Recording a superseded tick") { tx in
                if try await JobRunStore.isRunning(tick, tx) { return true }
                try await JobRunStore.record(tick, as: .superseded, runtime.instance, tx)
                return false
            }
            guard !hasBegun else { return false }
            count(tick.job, RunOutcome.superseded.rawValue)
            settle(delivery)
        } catch {
            // It is then processed by itself, and fails like any other or succeeds.
            return false
        }
        return true
    }

    /// The slice being processed.
    private struct Current {
        let run: Int
        let slice: Int
    }

    private func work(_ delivery: AMQPDelivery, isStopping: @escaping @Sendable () -> Bool) async {
        var tick: IncomingTick?
        var current: Current?
        do {
            if let probe = BindingProbe(delivery) {
                _ = try await runtime.broker.publish([probe.answer(from: topology.ticks, through: topology.retry)], mandatory: false)
                return settle(delivery)
            }
            let incoming = try IncomingTick(delivery, now: runtime.clock.now)
            tick = incoming
            let isSettled = try await TraceContext.$current.withValue(incoming.trace ?? TraceContext()) {
                try await work(incoming, &current, isStopping)
            }
            if !isSettled { try await failures.postpone(delivery) }
            settle(delivery)
        } catch is CancellationError {
            // Unsettled: the broker redelivers it to another consumer.
        } catch {
            await fail(delivery, tick, current, error)
        }
    }

    /// - Returns: false when the tick has to wait until another run of its job has ended.
    private func work(_ tick: IncomingTick, _ current: inout Current?, _ isStopping: @escaping @Sendable () -> Bool) async throws -> Bool {
        guard let runner = runners[tick.job] else { throw Envelope.Unreadable("this service has no job \(tick.job)") }
        if let slice = tick.slice {
            try await check(slice, of: tick.job)
            current = Current(run: slice.runId, slice: slice.number)
        } else {
            switch try await start(tick, isStopping) {
            case .run(let id, let slice): current = Current(run: id, slice: slice)
            case .duplicate: return true
            case .busy:
                try await rescuer.look(at: [tick.job])
                return false
            case .skipped:
                count(tick.job, RunOutcome.skipped.rawValue)
                try await rescuer.look(at: [tick.job])
                return true
            case .superseded:
                count(tick.job, RunOutcome.superseded.rawValue)
                return true
            }
        }
        guard let current else { return true }
        let started = ContinuousClock.now
        SlicesRunning.shared.began(tick.job)
        defer { SlicesRunning.shared.ended(tick.job) }
        let end = try await runner.work(run: current.run, slice: current.slice, runtime, isStopping: isStopping)
        Metric.sliceSeconds(tick.job.rawValue).record(duration: ContinuousClock.now - started)
        if end == .over { count(tick.job, "completed") }
        return true
    }

    private func start(_ tick: IncomingTick, _ isStopping: @Sendable () -> Bool) async throws -> JobRunStore.Admission {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let admission = try await runtime.retriedTransaction("\(tick.job)") {
                try await JobRunStore.start(tick, instance: runtime.instance, $0)
            }
            guard admission == .busy, ContinuousClock.now < deadline, !isStopping() else { return admission }
            try await Task.sleep(for: Self.look)
        }
    }

    /// Any publisher can send a slice message; one that names the run of another job is not processed, and that run is
    /// not changed.
    private func check(_ slice: Tick.Slice, of job: JobName) async throws {
        let isRun = try await runtime.retriedTransaction("\(job)") { try await JobRunStore.isRun(slice.runId, of: job, $0) }
        guard isRun else { throw Envelope.Unreadable("there is no run \(slice.runId) of \(job)") }
    }

    private func fail(_ delivery: AMQPDelivery, _ tick: IncomingTick?, _ current: Current?, _ error: any Error) async {
        let failed = RetryPublisher.Failed(
            delivery: delivery, reason: "\(error)", isPermanent: RetryPublisher.isPermanent(error), id: tick?.id)
        do {
            if let current { try await note(failed, on: current) }
            try await failures.send([failed])
            settle(delivery)
        } catch {
            runtime.logger.warning("A tick is requeued", error: error)
            try? await Task.sleep(for: Self.pause)
            runtime.broker.reject(delivery, requeue: true)
            progress.settled(delivery, isCompleted: false)
        }
    }

    /// Ends a run that has failed for good; otherwise its lease begins when its next attempt is due.
    private func note(_ failed: RetryPublisher.Failed, on current: Current) async throws {
        try await runtime.retriedTransaction("Noting a failure") { tx in
            if let pause = RetryPublisher.pause(after: failed) {
                try await JobRunStore.rest(current.run, slice: current.slice, for: pause, tx)
            } else {
                try await JobRunStore.fail(current.run, slice: current.slice, why: failed.reason, tx)
            }
        }
    }

    private func settle(_ delivery: AMQPDelivery) {
        runtime.broker.ack(delivery)
        progress.settled(delivery, isCompleted: true)
    }

    private func count(_ job: JobName, _ outcome: String) {
        Metric.ticks(job.rawValue, outcome).increment()
    }
}
