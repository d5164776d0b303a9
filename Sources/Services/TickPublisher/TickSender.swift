import AMQP
import FoundationEssentials
import Logging
import Metrics
import Platform
import ServiceLifecycle

/// Publishes batches at their instants with confirms, and settles them.
struct TickSender: Sendable {
    /// How long the broker may take; ends before the lease does, so that nobody else publishes meanwhile.
    private static let patience = Duration.seconds(4)

    /// How long published ticks wait to be recorded; a small part of the lease.
    private static let settleDelay = Duration.milliseconds(50)

    let runtime: ServiceRuntime
    let store: TickStore
    let metrics: TickMetrics
    let warnings: WarnOnce

    /// Returns when every tick of the batch is settled or left to be taken over.
    func send(_ batch: TickBatch) async {
        let staged = await stage(batch)
        await wait(until: batch.instant)
        let deadline = ContinuousClock.now + Self.patience
        var open = batch
        if let staged, !Task.isCancelled { open = await commit(staged, batch, until: deadline) }
        while !open.ticks.isEmpty, !Task.isCancelled, ContinuousClock.now < deadline {
            do {
                let outcomes = try await runtime.broker.publish(open.messages, mandatory: true, timeout: deadline - ContinuousClock.now)
                open = await settle(open, outcomes)
                warnings.settle("publishing")
            } catch {
                warnings.raise("publishing", "Ticks wait for the broker: \(error)")
                // After a lost connection nobody knows what the broker took: the same ids go out again.
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
        if !open.ticks.isEmpty { await giveBack(open) }
    }

    /// Hands a batch whose instant lies ahead to the broker, which keeps it to itself until it is committed; nil when it is to be published instead.
    func stage(_ batch: TickBatch) async -> AMQPStagedMessages? {
        let ahead = batch.instant.timeIntervalSince(runtime.clock.now)
        guard ahead > 0 else { return nil }
        do {
            let staged = try await runtime.broker.stage(batch.messages, mandatory: true, timeout: .seconds(ahead))
            warnings.settle("staging")
            return staged
        } catch {
            if !Task.isCancelled { warnings.raise("staging", "Ticks go to the broker at their instant and not ahead of it: \(error)") }
            return nil
        }
    }

    /// Publishes what the broker holds; returns what is to be published the ordinary way.
    func commit(_ staged: AMQPStagedMessages, _ batch: TickBatch, until deadline: ContinuousClock.Instant) async -> TickBatch {
        do {
            let outcomes = try await staged.commit(timeout: deadline - ContinuousClock.now)
            warnings.settle("publishing")
            // The broker looked for queues when it got the ticks. What had none then may have one now.
            return await settle(batch, outcomes.map { $0 == .confirmed ? .confirmed : .rejected })
        } catch {
            // Nobody knows what the broker published, or it has lost the batch: the same ids go out again.
            warnings.raise("publishing", "Ticks wait for the broker: \(error)")
            return batch
        }
    }

    /// By the wall clock, which may be set while we wait.
    private func wait(until instant: Date) async {
        while !Task.isCancelled {
            let ahead = instant.timeIntervalSince(runtime.clock.now)
            guard ahead > 0 else { return }
            try? await Task.sleep(for: .seconds(min(ahead, 1)), tolerance: .zero)
        }
    }

    /// Records what the broker said; returns what it has rejected.
    private func settle(_ batch: TickBatch, _ outcomes: [AMQPPublishOutcome]) async -> TickBatch {
        let now = runtime.clock.now
        // The broker is still handing the ticks out; neither we nor the database take the processor from it.
        try? await Task.sleep(for: Self.settleDelay)
        var answers: [TickStore.Answer] = []
        var rejected: [Int] = []
        for (position, (tick, outcome)) in zip(batch.ticks, outcomes).enumerated() {
            switch outcome {
            case .confirmed:
                answers.append(.init(id: tick.id, status: .published, at: now))
                metrics.published.increment()
                metrics.lateness.recordNanoseconds(Int64(now.timeIntervalSince(tick.scheduledFor) * 1e9))
                warnings.settle(tick.job)
            case .unroutable:
                answers.append(.init(id: tick.id, status: .unroutable, at: now))
                metrics.unroutable.increment()
                warnings.raise(tick.job, "No queue takes the ticks of \(tick.job); they are dropped until its service is deployed")
            case .rejected:
                rejected.append(position)
            }
        }
        await record(answers)
        return batch.keeping(rejected)
    }

    /// While the database is away nobody can take the ticks over, so waiting for it is better than leaving them to be published twice.
    private func record(_ answers: [TickStore.Answer]) async {
        guard !answers.isEmpty else { return }
        var backoff = Backoff(first: .milliseconds(20), longest: .seconds(1))
        while !Task.isCancelled {
            do {
                try await store.settle(answers)
                warnings.settle("settling")
                return
            } catch {
                warnings.raise("settling", "Published ticks wait to be recorded: \(error)")
                if Task.isShuttingDownGracefully { return }
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    private func giveBack(_ batch: TickBatch) async {
        do {
            try await store.giveBack(batch.ticks.map(\.id))
        } catch {
            // The lease ends by itself.
            warnings.raise("settling", "Ticks that were not published wait for the end of their lease: \(error)")
        }
    }
}
