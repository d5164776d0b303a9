import AMQP
import ArgumentParser
import CivilCalendar
import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Makes the reports of past periods.
///
/// Its progress is what exists: it can be stopped at any time, and `--missing-only` goes on where it stopped.
struct Backfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the reports of past periods, by the fire times of the job's schedule.",
        discussion: """
            Shows first which periods between the days have a report. A report that is made again keeps its earlier figures when it differs.
            No mails are sent. It can be interrupted at any time: the reports that are under way are made, and with --missing-only it goes on
            from there.
            """)

    /// How many reports are under way at once.
    private static let pace = 20
    /// How long a report may take, in seconds.
    private static let limit = 600

    @Argument(help: "The job, as analytics.generate-daily.") var job: String
    @Option(help: "The first day, as 2026-01-01, in the zone of the job's schedule.") var from: String
    @Option(help: "The day after the last one. A period belongs to the day in which it ends.") var to: String
    @Flag(help: "Only the periods without a report.") var missingOnly = false
    @Flag(help: "Only show which periods have a report.") var dryRun = false

    func validate() throws {
        guard BackfillPlan.reports[JobName(rawValue: job)] != nil else {
            let jobs = BackfillPlan.reports.keys.map(\.rawValue).sorted()
            throw ValidationError("\(job) makes no reports of periods. The jobs that do are:\n  \(jobs.joined(separator: "\n  "))")
        }
        guard try Self.day(from, "--from") < Self.day(to, "--to") else { throw ValidationError("--from must be before --to.") }
    }

    func run() async throws {
        try await Connections.withDatabase { database in
            let plan = try await BackfillPlan.read(
                JobName(rawValue: job), from: Self.day(from, "--from"), to: Self.day(to, "--to"), at: Date(), database)
            show(plan)
            let wanted = plan.periods.filter { !missingOnly || !$0.exists }
            guard !dryRun, !wanted.isEmpty else { return }
            try await make(wanted, database)
        }
    }

    private func show(_ plan: BackfillPlan) {
        let missing = plan.periods.filter { !$0.exists }
        Terminal.say("\(plan.periods.count) periods, \(plan.periods.count - missing.count) with a report, \(missing.count) without")
        var rest = plan.periods[...]
        while let first = rest.first {
            let same = rest.prefix { $0.exists == first.exists }
            rest = rest.dropFirst(same.count)
            let end = same.last?.end ?? first.end
            Terminal.say(
                "  \(first.exists ? "exists " : "missing") \(same.count) from \(RFC3339.string(from: first.start)) to \(RFC3339.string(from: end))")
        }
    }

    private func make(_ periods: [BackfillPlan.Period], _ database: PostgresClient) async throws {
        let watch = RunWatch(database, job: job, limit: Self.limit * (periods.count / Self.pace + 1))
        let job = job
        let failed = try await Connections.withBroker { broker in
            var (made, failed) = (0, 0)
            var rest = periods[...]
            var underWay: Set<String> = []
            while !rest.isEmpty || !underWay.isEmpty {
                let batch = rest.prefix(Self.pace - underWay.count)
                rest = rest.dropFirst(batch.count)
                let ticks = try batch.map { try Self.tick($0, of: job) }
                for outcome in try await broker.publish(ticks.map(\.message.amqp)) {
                    try Connections.demand(outcome, unroutable: "no queue takes \(job); is \(JobName(rawValue: job).service) deployed?")
                }
                underWay.formUnion(ticks.map(\.id))
                let ended = try await watch.someEnded(of: underWay)
                underWay.subtract(ended.keys)
                let before = made + failed
                made += ended.values.count { $0 == .succeeded }
                failed += ended.values.count { $0 != .succeeded }
                if before / Self.pace < (made + failed) / Self.pace || rest.isEmpty && underWay.isEmpty {
                    Terminal.say("\(made) of \(periods.count) made" + (failed > 0 ? ", \(failed) failed" : ""))
                }
            }
            return failed
        }
        if failed > 0 { throw Failure("\(failed) of \(periods.count) reports were not made; `boxoffice runs --job \(job)` says why") }
    }

    /// The tick of a period. It waits for its turn where the job is running.
    private static func tick(_ period: BackfillPlan.Period, of job: String) throws -> (id: String, message: OutgoingMessage) {
        let (name, now) = (JobName(rawValue: job), Date())
        let id = Tick.id(name, "\(RFC3339.string(from: period.due))/\(OutgoingMessage.newID(at: now))")
        let tick = Tick(
            job: name, scheduledFor: period.due, trigger: .schedule, parameters: ["mail": "no"], misfire: .all, previousFireTime: period.previous)
        return (id, try OutgoingMessage(tick, exchange: Exchange.ticks, routingKey: job, from: "boxoffice", at: now, id: id))
    }

    /// A day, counted from 1970-01-01.
    private static func day(_ text: String, _ option: String) throws -> Int {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 3, text.utf8.count == 10, let year = parts[0], let month = parts[1], let day = parts[2],
            let date = CivilDate(validYear: year, month: month, day: day)
        else { throw ValidationError("\(option) \(text) is no day; write it as 2026-01-31.") }
        return date.daysSince1970
    }
}
