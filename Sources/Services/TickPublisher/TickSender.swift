import AMQP
import FoundationEssentials
import Logging
import Metrics
import Platform
import ServiceLifecycle

/// Publishes batches at their fire times with confirms, and settles them.
struct TickSender: Sendable {
    /// How long publishing may take; shorter than the lease, so that no other replica publishes meanwhile.
    private static let patience = Duration.seconds(4)

    /// How long published ticks wait to be recorded; a small part of the lease.
    private static let settleDelay = Duration.milliseconds(50)

    let runtime: ServiceRuntime
    let store: TickStore
    let metrics: TickMetrics
    let warnings: WarnOnce

    /// Publishes a batch; returns when each tick is settled or left for another replica to take over.
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
                // After a connection loss it is unknown which messages the broker accepted: the same ids are published
                // again.
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
        if !open.ticks.isEmpty { await giveBack(open) }
    }

    /// Publishes a future batch in a transaction that the broker holds until it is committed; nil when the batch must
    /// be published at its fire time instead.
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

    /// Commits the staged messages; returns the ticks that must be published without staging.
    func commit(_ staged: AMQPStagedMessages, _ batch: TickBatch, until deadline: ContinuousClock.Instant) async -> TickBatch {
        do {
            let outcomes = try await staged.commit(timeout: deadline - ContinuousClock.now)
            warnings.settle("publishing")
            // The broker determined the queues when it received the ticks. A tick that was unroutable then may be
            // routable now.
            return await settle(batch, outcomes.map { $0 == .confirmed ? .confirmed : .rejected })
        } catch {
            // Either it is unknown what the broker published, or the staged batch was dropped: the same ids are
            // published again.
            warnings.raise("publishing", "Ticks wait for the broker: \(error)")
            return batch
        }
    }

    /// Waits by the wall clock, which may be set meanwhile.
    private func wait(until instant: Date) async {
        while !Task.isCancelled {
            let ahead = instant.timeIntervalSince(runtime.clock.now)
            guard ahead > 0 else { return }
            try? await Task.sleep(for: .seconds(min(ahead, 1)), tolerance: .zero)
        }
    }

    /// Records the broker's answers; returns the ticks that it rejected.
    private func settle(_ batch: TickBatch, _ outcomes: [AMQPPublishOutcome]) async -> TickBatch {
        let now = runtime.clock.now
        // Wait before writing to the database so that it does not compete with the broker for CPU.
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

    /// While the database is unreachable no replica can take the ticks over, so waiting is better than leaving them to
    /// be published twice.
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
            // The ticks can be taken over when their lease ends.
            warnings.raise("settling", "Ticks that were not published wait for the end of their lease: \(error)")
        }
    }
}
