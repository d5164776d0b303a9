import AMQP
import BuildInfo
import Contracts
import FoundationEssentials
import Logging
import Postgres
import ServiceLifecycle
import Synchronization

/// Writes the process's row of `operations.heartbeats` every `HEARTBEAT_SECONDS`, by the database's clock, and removes
/// it when the service stops. ``HeartbeatWatch`` notices a row that is not written any more.
///
/// The broker is asked how many messages wait by a task of its own: one that does not answer delays no beat.
final class Heartbeat: Service, Sendable {
    let runtime: ServiceRuntime
    let topology: ServiceTopology
    let seconds: Int
    private let started = ContinuousClock.now
    private let lengths = Mutex<Lengths?>(nil)
    /// How long a stop waits for the row to be removed.
    private static let patience = Duration.seconds(1)

    /// How many messages each queue had, and when.
    private struct Lengths: Sendable {
        let at: ContinuousClock.Instant
        let messages: [String: Int]
    }

    init(_ runtime: ServiceRuntime, _ topology: ServiceTopology, seconds: Int) {
        self.runtime = runtime
        self.topology = topology
        self.seconds = seconds
    }

    func run() async throws {
        guard await runtime.ready() else { return }
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.inspect() }
                group.addTask { await self.beat() }
            }
        }
        await signOff()
    }

    private func beat() async {
        var isFailing = false
        while !Task.isCancelled {
            do {
                try await write()
                isFailing = false
            } catch {
                // An outage of the database is reported by those whose work waits for it.
                let isOutage = (error as? PostgresError)?.isTransient == true
                if !isFailing, !isOutage, !Task.isCancelled { runtime.logger.warning("The heartbeat cannot be written", error: error) }
                isFailing = !isOutage
            }
            try? await Task.sleep(for: .seconds(seconds))
        }
    }

    /// Asks the broker for the lengths of the service's queues. When it cannot be asked, the last answer becomes old.
    private func inspect() async {
        while !Task.isCancelled, !topology.ownQueues.isEmpty {
            var messages: [String: Int] = [:]
            var isWhole = runtime.broker.isConnected && runtime.broker.blockedReason == nil
            for queue in topology.ownQueues where isWhole {
                do {
                    messages[queue] = try await runtime.broker.inspect(queue: queue)?.messages
                } catch {
                    // The connection was lost, which others report.
                    isWhole = false
                }
            }
            if isWhole { lengths.withLock { [messages] in $0 = Lengths(at: .now, messages: messages) } }
            // Right after the start it is not connected yet: the first beats should know.
            try? await Task.sleep(for: isWhole ? .seconds(seconds) : .seconds(1))
        }
    }

    /// The figures of the service's queues; those that are only written to have a length alone.
    private func queues() -> [String: QueueProgress.Figures] {
        let known = lengths.withLock { lengths in lengths.flatMap { ContinuousClock.now - $0.at < .seconds(2 * seconds + 1) ? $0.messages : nil } }
        let consumed = QueueName.work(of: runtime.name)
        var figures: [String: QueueProgress.Figures] = [:]
        for queue in topology.ownQueues {
            figures[queue] =
                consumed.contains(queue)
                ? runtime.queues[queue].beat(messages: known?[queue], now: runtime.clock.now)
                : QueueProgress.Figures(messages: known?[queue], unacked: 0)
        }
        return figures
    }

    /// Removes the row. If the database is away now, the watch finds the row, and ends its alert when another process of
    /// the service has started.
    private func signOff() async {
        guard runtime.database.isConnected else { return }
        await withDiscardingTaskGroup { group in
            let deletion = Task { _ = try? await runtime.database.execute(Self.delete, runtime.name, runtime.instance) }
            group.addTask {
                try? await Task.sleep(for: Self.patience)
                deletion.cancel()
            }
            await deletion.value
            group.cancelAll()
        }
    }

    private func write() async throws {
        let uptime = (ContinuousClock.now - started).timeInterval
        let oldest = runtime.work.oldest.map { Int($0.timeInterval) }
        let error = LastError.shared[runtime.name]
        _ = try await runtime.database.execute(
            Self.write, runtime.name, runtime.instance, BuildInfo.version, uptime, seconds, ProcessMetrics.residentBytes, oldest, Self.mostCounted,
            PostgresJSON(queues()), error?.kind.rawValue, error?.text,
            error.map { (ContinuousClock.now - $0.at).timeInterval })
    }

    /// The most rows of a backlog that are counted: a beat costs the same however long it is.
    private static let mostCounted = 1000

    private static let write: SQL = """
        insert into operations.heartbeats
            (service, instance, version, started_at, seen_at, interval_seconds, resident_bytes, oldest_work_seconds, backlog, last_error)
        select $1, $2, $3, clock_timestamp() - make_interval(secs => $4), clock_timestamp(), $5, $6, $7,
               jsonb_build_object(
                   'outbox', (select count(*) from (select from outbox limit $8) few),
                   'outboxSeconds', (select floor(extract(epoch from now() - created_at))::int from outbox order by id limit 1),
                   'deliveries', due.count, 'deliveriesSeconds', due.seconds,
                   'runs', (select count(*) from (select from operations.job_runs where service = $1 and outcome = 'running' limit $8) few),
                   'queues', $9::jsonb),
               case when $10::text is not null then jsonb_build_object(
                   'kind', $10::text, 'text', $11::text, 'at', to_jsonb(clock_timestamp() - make_interval(secs => $12::double precision))) end
        from (select count(*) as count, floor(extract(epoch from now() - min(since)))::int as seconds
              from unnest(
                  array(select next_attempt_at from deliveries
                        where kind = 'mail' and status = 'queued' and next_attempt_at <= now() order by next_attempt_at limit $8)
                  || array(select next_attempt_at from deliveries
                           where kind = 'push' and status = 'queued' and next_attempt_at <= now() order by next_attempt_at limit $8)
                  || array(select next_attempt_at from deliveries
                           where kind = 'refund' and status = 'queued' and next_attempt_at <= now() order by next_attempt_at limit $8)) as d (since)) due
        on conflict (service, instance) do update
        set version = excluded.version, started_at = excluded.started_at, seen_at = excluded.seen_at, interval_seconds = excluded.interval_seconds,
            resident_bytes = excluded.resident_bytes, oldest_work_seconds = excluded.oldest_work_seconds, backlog = excluded.backlog,
            last_error = excluded.last_error
        """

    private static let delete: SQL = "delete from operations.heartbeats where service = $1 and instance = $2"
}
