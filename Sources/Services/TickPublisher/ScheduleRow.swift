import FoundationEssentials
import Schedules

/// A row of operations.schedules with its overrides applied; the result of `TickStatements.changes`.
struct ScheduleRow: Decodable, Equatable, Sendable {
    var job: String
    var service: String
    /// Possibly written by a person; validated by ``ScheduleCache``.
    var cron: String
    var zone: String
    var misfire: MisfirePolicy
    /// Not paused, and still in the document.
    var enabled: Bool
    /// Fire times up to here are decided.
    var decidedThrough: Date
    /// Increases with each change by the document or a person.
    var revision: Int
}
