import Contracts
import FoundationEssentials
import Platform
import Postgres

/// What is wrong now. Nothing found means that all of it was looked at: what could not be is a finding of its own.
struct SystemStatus: Sendable {
    let checkedAt: Date
    let findings: [StatusFinding]
    let queues: [QueueDepth]
    let processes: [Process]

    var faults: [StatusFinding] { findings.filter(\.isFault) }

    /// A process of a service, as its heartbeat says.
    struct Process: Codable, Sendable {
        let service: String
        let instance: String
        let version: String
        let startedAt: Date
        let seenAt: Date
        let isSilent: Bool
        /// Another process of its service has started since it was last seen.
        let isReplaced: Bool
        let residentBytes: Int?
        let oldestWorkSeconds: Int?
    }

    /// Failed runs of the last day are looked at, and of a day with more the last so many.
    private static let day: TimeInterval = 86_400
    private static let mostRuns = 1000
    /// A fire time that is undecided for longer was overlooked; ticks are claimed ahead of their fire time.
    private static let patience: TimeInterval = 10

    /// Looks.
    static func look(_ runtime: ServiceRuntime) async throws -> SystemStatus {
        let (database, now) = (runtime.database, runtime.clock.now)
        async let failed = database.query(failedRuns, as: FailedRuns.self, now - day, mostRuns)
        async let stalled = database.query(stalledRuns, as: Stalled.self)
        async let alerts = database.query(openAlerts, as: OpenAlert.self)
        async let heartbeats = database.query(heartbeats, as: Process.self)
        async let late = database.query(lateTicks, as: Late.self, now - patience)
        async let schedules = ScheduleRow.all(database)
        async let queues = QueueDepth.all(runtime)
        var findings = try await failed.map { run in
            StatusFinding(
                kind: .failingJob, subject: run.job, count: run.runs, detail: run.reason, since: run.first, last: run.last,
                link: "/runs/\(run.latest)")
        }
        findings += try await stalled.map { StatusFinding(kind: .stalledRun, subject: $0.job, since: $0.touchedAt, link: "/runs/\($0.id)") }
        findings += try await alerts.map {
            StatusFinding(kind: .alert, subject: "\($0.kind) \($0.subject)", detail: $0.summary, since: $0.since, last: $0.seenAt, link: "/services")
        }
        findings += try await heartbeats.filter { $0.isSilent && !$0.isReplaced }.map {
            StatusFinding(kind: .silentProcess, subject: $0.instance, since: $0.seenAt, link: "/services")
        }
        findings += try await late.map { StatusFinding(kind: .lateTick, subject: $0.job, count: $0.ticks, since: $0.first, link: "/jobs/\($0.job)") }
        findings += try await clock(schedules, at: now)
        switch await queues {
        case .success(let depths): findings += QueueDepth.findings(depths)
        case .failure(let error): findings.append(StatusFinding(kind: .unknown, subject: "RabbitMQ", detail: "\(error)"))
        }
        return SystemStatus(checkedAt: now, findings: findings, queues: (try? await queues.get()) ?? [], processes: try await heartbeats)
    }

    /// Schedules that do not fire although they should, and those that are paused.
    private static func clock(_ schedules: [ScheduleRow], at now: Date) -> [StatusFinding] {
        schedules.flatMap { schedule -> [StatusFinding] in
            let link = "/jobs/\(schedule.job)"
            if schedule.inDocument, !schedule.enabled { return [StatusFinding(kind: .pausedSchedule, subject: schedule.job, link: link)] }
            guard schedule.isFollowed else { return [] }
            if let problem = schedule.problem ?? schedule.standstill(at: now) {
                return [StatusFinding(kind: .brokenSchedule, subject: schedule.job, detail: problem, link: link)]
            }
            guard let due = schedule.next(after: schedule.decidedThrough), due < now - patience else { return [] }
            return [StatusFinding(kind: .lateTick, subject: schedule.job, since: due, link: link)]
        }
    }

    private struct FailedRuns: Decodable, Sendable {
        let job: String
        let reason: String
        let runs: Int
        let first: Date
        let last: Date
        let latest: Int
    }

    private struct Stalled: Decodable, Sendable {
        let id: Int
        let job: String
        let touchedAt: Date
    }

    private struct OpenAlert: Decodable, Sendable {
        let kind: String
        let subject: String
        let summary: String
        let since: Date
        let seenAt: Date
    }

    private struct Late: Decodable, Sendable {
        let job: String
        let ticks: Int
        let first: Date
    }

    // By what failed: numbers differ from row to row, the reason does not. A job whose newest run is well again is not
    // failing any more.
    private static let failedRuns: SQL = """
        with recent as materialized (
            select id, job, started_at,
                   regexp_replace(coalesce(details #>> '{errors,0,error}', ''), '[0-9]+', '…', 'g') as reason
            from operations.job_runs where outcome in ('partial', 'failed') and not dry_run order by id desc limit $2::integer)
        select t.job, t.reason, count(*)::integer as runs, min(t.started_at) as first, max(t.started_at) as last, max(t.id) as latest
        from recent t
        where t.started_at > $1::timestamptz
          and exists (
              select from (select outcome from operations.job_runs of_job
                           where of_job.job = t.job and not of_job.dry_run and of_job.outcome not in ('running', 'skipped', 'superseded')
                           order by of_job.id desc limit 1) newest
              where newest.outcome in ('partial', 'failed'))
        group by t.job, t.reason order by last desc, t.job, t.reason
        """

    private static let stalledRuns: SQL = """
        select id, job, touched_at from operations.job_runs
        where outcome = 'running' and touched_at < now() - interval '2 minutes' order by touched_at limit 50
        """

    private static let openAlerts: SQL = """
        select kind, subject, coalesce(details ->> 'summary', '') as summary, since, seen_at
        from operations.alerts where until is null order by since limit 100
        """

    private static let heartbeats: SQL = """
        select service, instance, version, started_at, seen_at, seen_at < now() - make_interval(secs => 2.5 * interval_seconds) as is_silent,
               exists (select from operations.heartbeats other where other.service = h.service and other.started_at > h.seen_at) as is_replaced,
               resident_bytes, oldest_work_seconds
        from operations.heartbeats h order by service, instance limit 500
        """

    private static let lateTicks: SQL = """
        select job, count(*)::integer as ticks, min(scheduled_for) as first
        from operations.ticks where status = 'claimed' and lease_until < $1::timestamptz group by job order by job
        """
}
