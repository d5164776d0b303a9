import BuildInfo
import FoundationEssentials
import Logging
import Postgres
import ServiceLifecycle

/// Writes the process's row of `operations.heartbeats` every `HEARTBEAT_SECONDS`, by the database's clock, and removes
/// it when the service stops. ``HeartbeatWatch`` notices a row that is not written any more.
struct Heartbeat: Service {
    let runtime: ServiceRuntime
    let seconds: Int
    private let started = ContinuousClock.now
    /// How long a stop waits for the row to be removed.
    private static let patience = Duration.seconds(1)

    init(_ runtime: ServiceRuntime, seconds: Int) {
        self.runtime = runtime
        self.seconds = seconds
    }

    func run() async throws {
        guard await runtime.ready() else { return }
        await cancelWhenGracefulShutdown {
            var isFailing = false
            while !Task.isCancelled {
                do {
                    try await beat()
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
        await signOff()
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

    private func beat() async throws {
        let uptime = (ContinuousClock.now - started).timeInterval
        let oldest = runtime.work.oldest.map { Int($0.timeInterval) }
        _ = try await runtime.database.execute(
            Self.write, runtime.name, runtime.instance, BuildInfo.version, uptime, seconds, ProcessMetrics.residentBytes, oldest, Self.mostCounted)
    }

    /// The most rows of a backlog that are counted: a beat costs the same however long it is.
    private static let mostCounted = 1000

    private static let write: SQL = """
        insert into operations.heartbeats (service, instance, version, started_at, seen_at, interval_seconds, resident_bytes, oldest_work_seconds, backlog)
        select $1, $2, $3, clock_timestamp() - make_interval(secs => $4), clock_timestamp(), $5, $6, $7, jsonb_build_object(
            'outbox', (select count(*) from (select from outbox limit $8) few),
            'outboxSeconds', (select floor(extract(epoch from now() - created_at))::int from outbox order by id limit 1),
            'deliveries', (select count(*) from (select from deliveries where status = 'queued' and next_attempt_at <= now() limit $8) few),
            'runs', (select count(*) from (select from operations.job_runs where service = $1 and outcome = 'running' limit $8) few))
        on conflict (service, instance) do update
        set version = excluded.version, started_at = excluded.started_at, seen_at = excluded.seen_at, interval_seconds = excluded.interval_seconds,
            resident_bytes = excluded.resident_bytes, oldest_work_seconds = excluded.oldest_work_seconds, backlog = excluded.backlog
        """

    private static let delete: SQL = "delete from operations.heartbeats where service = $1 and instance = $2"
}
