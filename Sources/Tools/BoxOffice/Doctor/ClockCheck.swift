import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Checks that this machine and the database agree on the time, and that tick-publisher decides and publishes ticks.
struct ClockCheck: Sendable {
    let database: PostgresClient

    /// The largest accepted difference between two machines.
    private static let tolerance: TimeInterval = 1
    /// A fire time that is undecided for longer was overlooked; ticks are claimed ahead of their fire time.
    private static let patience: TimeInterval = 10

    func results() async -> [CheckResult] { [await difference(), await publisher()] }

    private func difference() async -> CheckResult {
        do {
            // The first query includes the cost of connecting.
            try await database.ping()
            let before = Date()
            let there = try await database.query("select clock_timestamp()", as: Date.self).first ?? .distantPast
            let roundTrip = Date().timeIntervalSince(before)
            let difference = there.timeIntervalSince(before) - roundTrip / 2
            let milliseconds = Int((difference * 1000).rounded())
            guard abs(difference) - roundTrip / 2 < Self.tolerance else {
                return .fail("clock", "the database is \(milliseconds) ms ahead of this machine; is NTP at work on both?")
            }
            return .ok("clock", "the database differs by \(milliseconds) ms from this machine")
        } catch {
            return .fail("clock", error)
        }
    }

    private func publisher() async -> CheckResult {
        do {
            let now = Date()
            let schedules = try await ScheduleRow.all(database)
            guard !schedules.isEmpty else { return .fail("tick-publisher", "it has never run with this database: there are no schedules") }
            if let broken = schedules.first(where: { $0.isFollowed && $0.problem != nil }) {
                return .fail("tick-publisher", "\(broken.job) cannot be followed: \(broken.problem ?? "")")
            }
            for schedule in schedules {
                if let standstill = schedule.standstill(at: now) { return .fail("tick-publisher", "\(schedule.job): \(standstill)") }
            }
            let overdue = schedules.filter { schedule in
                guard schedule.isFollowed, let next = schedule.next(after: schedule.decidedThrough) else { return false }
                return next < now - Self.patience
            }
            let last = try await database.query(Self.ticks, as: Ticks.self, now - Self.patience).first
            let said = last?.newest.map { "the last tick is \($0)" } ?? "there was no tick yet"
            if let first = overdue.first, let due = first.next(after: first.decidedThrough) {
                return .fail("tick-publisher", "it stands still: \(first.job) was due at \(RFC3339.string(from: due)); \(said)")
            }
            if let stuck = last?.stuck, stuck > 0 { return .fail("tick-publisher", "\(stuck) ticks wait to be published; \(said)") }
            let paused = schedules.count { $0.inDocument && !$0.enabled }
            return .ok("tick-publisher", "\(schedules.count { $0.isFollowed }) schedules are followed, \(paused) paused; \(said)")
        } catch {
            return .fail("tick-publisher", error)
        }
    }

    private struct Ticks: Decodable, Sendable {
        let newest: String?
        let stuck: Int
    }

    private static let ticks: SQL = """
        select (select id || ' (' || status || ')' from operations.ticks where status <> 'claimed' order by scheduled_for desc limit 1) as newest,
               (select count(*) from operations.ticks where status = 'claimed' and lease_until < $1) as stuck
        """
}
