import FoundationEssentials
import Platform

/// `GET /background-jobs/status`.
struct StatusDocument: Encodable {
    let checkedAt: Date
    /// Nothing is wrong, and all of it was looked at.
    let healthy: Bool
    let findings: [StatusFinding]
    let services: [SystemStatus.Process]
    let queues: [QueueDepth]
    let jobs: [JobDocument]

    init(_ status: SystemStatus, _ jobs: [JobOverview], _ actor: Actor) {
        checkedAt = status.checkedAt
        healthy = status.faults.isEmpty
        findings = status.findings.map { finding in
            var finding = finding
            finding.detail = actor.shown(finding.detail)
            return finding
        }
        services = status.processes
        queues = status.queues
        self.jobs = jobs.map(JobDocument.init)
    }
}

/// `GET /background-jobs/services`.
struct ServicesDocument: Encodable {
    let services: [SystemStatus.Process]
    let queues: [QueueDepth]

    init(_ status: SystemStatus) {
        services = status.processes
        queues = status.queues
    }
}

/// A job with its schedule and its last run.
struct JobDocument: Encodable {
    struct Schedule: Encodable {
        let cron: String
        let zone: String
        let misfire: String
        let enabled: Bool
        let overridden: Bool
        let problem: String?
    }

    struct LastRun: Encodable {
        let id: Int
        let outcome: String
        let startedAt: Date
        let seconds: Double?
        let processed: Int
        let failed: Int
    }

    let job: String
    let service: String
    let description: String
    let schedule: Schedule?
    let next: [Date]
    let lastRun: LastRun?

    init(_ overview: JobOverview) {
        job = overview.job
        service = overview.service
        description = overview.description
        schedule = overview.schedule.map { row in
            Schedule(
                cron: row.effectiveCron, zone: row.effectiveZone, misfire: row.misfireOverride ?? row.misfire, enabled: row.isFollowed,
                overridden: row.cronOverride != nil || row.zoneOverride != nil || row.misfireOverride != nil, problem: row.problem)
        }
        next = overview.next
        lastRun = overview.runs.first { !$0.dryRun }.map { run in
            LastRun(
                id: run.id, outcome: run.outcome.rawValue, startedAt: run.startedAt, seconds: run.seconds, processed: run.processed,
                failed: run.failed)
        }
    }
}

/// A run with what it decided, caused and could not do.
struct RunDocument: Encodable {
    let id: Int
    let job: String
    let tick: String
    let trigger: String
    let dryRun: Bool
    let scheduledFor: Date
    let startedAt: Date
    let finishedAt: Date?
    let outcome: String
    let processed: Int
    let failed: Int
    let slice: Int
    let rescues: Int
    let stalled: Bool
    let service: String
    let instance: String
    let parameters: [String: String]
    let published: [String: Int]
    let delivered: [String: Int]
    let rows: [String: RowGroup]
    let errors: [RowFailure]
    let furtherErrors: Int

    init(_ run: Run, _ actor: Actor, at now: Date) {
        let content = run.content
        id = run.id
        job = run.job
        tick = run.tickId
        trigger = run.trigger
        dryRun = run.dryRun
        scheduledFor = run.scheduledFor
        startedAt = run.startedAt
        finishedAt = run.finishedAt
        outcome = run.outcome.rawValue
        processed = run.processed
        failed = run.failed
        slice = run.slice
        rescues = run.rescues
        stalled = run.isStalled(at: now)
        service = run.service
        instance = run.instance
        parameters = content?.parameters ?? [:]
        published = content?.published ?? [:]
        delivered = content?.delivered ?? [:]
        rows = content?.rows ?? [:]
        errors = run.failures.map { RowFailure(row: actor.shown($0.row), error: actor.shown($0.error)) }
        furtherErrors = content?.furtherErrors ?? 0
    }
}

/// A page of runs, newest first; `next` is the `before` of the following one.
struct RunPageDocument: Encodable {
    let runs: [RunDocument]
    let next: Int?
}

/// The answer to a trigger.
struct TriggerDocument: Encodable {
    let tick: String
    /// Where the run is once a service has taken the tick.
    let run: String
    /// The run, when the request waited for its end.
    let result: RunDocument?
}
