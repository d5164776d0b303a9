import ArgumentParser
import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres
import Schedules

/// Shows and changes when jobs are due.
struct SchedulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedules", abstract: "Show when jobs are due; pause, resume or override their schedules.",
        discussion:
            "A change is recorded with the name of the user ($USER, or the account's) and followed by every tick-publisher within a second or two.",
        subcommands: [List.self, Pause.self, Resume.self, Override.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every schedule and its next fire times.",
            discussion: """
                Changes made at run time are shown when the database of DATABASE_URL answers; otherwise the schedules are the document's: the file \
                of SCHEDULES_FILE, or Contracts/schedules.yaml as it was when this executable was built.
                """)
        @Option(help: "How many fire times.") var next = 1
        @Flag(help: "As a JSON array.") var json = false

        func validate() throws {
            guard (0...1000).contains(next) else { throw ValidationError("--next must be from 0 to 1000.") }
        }

        func run() async throws {
            let settings = Settings.environment()
            let document = try ScheduleDocument(settings)
            let now = Date()
            let known = try await stored(settings).map { ScheduleOverview($0, next: next, after: now) }
            let jobs = Set(known.map(\.job))
            let fresh = document.schedules.filter { !jobs.contains($0.job) }
                .map { ScheduleOverview($0, zone: document.zone, next: next, after: now) }
            let all = known + fresh
            if json { return Terminal.say(json: String(decoding: try WireCoding.encodeJSON(all), as: UTF8.self)) }
            ScheduleOverview.show(all)
        }

        /// The schedules in the scheduler's table; empty when the database does not answer.
        private func stored(_ settings: Settings) async throws -> [ScheduleRow] {
            guard try settings.secret("DATABASE_URL") != nil else { return [] }
            do {
                return try await Connections.withDatabase { try await ScheduleRow.all($0) }
            } catch let error as PostgresError {
                Terminal.complain("boxoffice: these are the document's schedules; what was changed at run time is not known: \(error.message)")
                return []
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Pause a schedule: nothing is due until it is resumed.")
        @Argument(help: "The job, as bookings.cancel-expired.") var job: String

        func run() async throws { try await SchedulesCommand.change(job, ScheduleChange(enabled: false)) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Resume a paused schedule. Times that passed meanwhile were never due.")
        @Argument(help: "The job.") var job: String

        func run() async throws { try await SchedulesCommand.change(job, ScheduleChange(enabled: true)) }
    }

    struct Override: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a schedule differ from the document.",
            discussion: "What is not named stays as it is; --reset takes all overrides back first.")
        @Argument(help: "The job.") var job: String
        @Option(help: "The local times: five fields, or six with the second in front, or @daily and its like.") var cron: String?
        @Option(help: "Whose local times, an IANA name as Europe/Berlin.") var zone: String?
        @Option(help: "What becomes of times that were missed: \(MisfirePolicy.allCases.map(\.rawValue).joined(separator: ", ")).")
        var misfire: String?
        @Flag(help: "Back to what the document says.") var reset = false

        func validate() throws {
            guard cron != nil || zone != nil || misfire != nil || reset else { throw ValidationError("Say what to override, or --reset.") }
            do {
                if let cron { _ = try CronExpression(cron) }
                if let zone { _ = try CronZone(zone) }
            } catch {
                throw ValidationError("\(error)")
            }
            if let misfire, MisfirePolicy(rawValue: misfire) == nil {
                throw ValidationError("--misfire must be one of \(MisfirePolicy.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
        }

        func run() async throws {
            try await SchedulesCommand.change(job, ScheduleChange(cron: cron, zone: zone, misfire: misfire, resetsOthers: reset))
        }
    }

    private static func change(_ job: String, _ change: ScheduleChange) async throws {
        let actor = CurrentUser.name(Settings.environment())
        let json = String(decoding: try WireCoding.encodeJSON(change), as: UTF8.self)
        do {
            let row = try await Connections.withDatabase { try await ScheduleRow.change(job, by: actor, json, $0) }
            ScheduleOverview.show(row.map { [ScheduleOverview($0, next: 1, after: Date())] } ?? [])
        } catch let error as PostgresError where error.sqlState == "P0002" {
            throw Failure("\(error.server?.message ?? error.message); the tick-publisher brings those of the document in when it starts")
        }
    }
}
