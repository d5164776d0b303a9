import FoundationEssentials
import Schedules

/// A schedule as operations.schedules has it, overrides applied; what `TickStatements.changes` returns.
struct ScheduleRow: Decodable, Equatable, Sendable {
    var job: String
    var service: String
    /// Text that people may have written; checked by the timetable.
    var cron: String
    var zone: String
    var misfire: MisfirePolicy
    /// Not paused, and still in the document.
    var enabled: Bool
    /// Fire times up to here are decided.
    var decidedThrough: Date
    /// Rises with each change by document or people.
    var revision: Int
}
