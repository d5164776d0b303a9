import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Removes ticket caches of users without a token and the bookkeeping of all services that is past its retention.
///
/// The tables are independent: one that fails is recorded on the run, and the others are cleaned. A slice goes on in the
/// table and at the place where the one before stopped, so each costs the same, and goes through all tables at once when
/// there is nothing to do.
struct CleanCache: Job {
    static let name = JobName.maintenanceCleanCache
    /// Rows of a slice; of inboxes and histories, an eighth of it in pages.
    static let sliceLimit = 4000

    static let restsBetweenSlices = true

    let retention: RetentionSettings

    /// Goes on from the slice's table and place.
    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let tables = try await tables(tx)
        var (table, place) = Self.position(slice)
        var removed = 0
        while table < tables.count {
            let step = try await tables[table].step(place, slice.limit, slice.now, tx)
            tx.note("\(tables[table].name): removed or emptied", count: step.removed, first: [])
            if let kept = step.kept, step.next == nil { tx.note(tables[table].name, "kept: \(kept)") }
            removed += step.removed
            (table, place) = step.next.map { (table, $0) } ?? (table + 1, 0)
            if step.next != nil || removed >= slice.limit || slice.limit == 1 { break }
        }
        return Progress(removed, more: table < tables.count, cursor: "\(table) \(place)")
    }

    /// The table that fails alone is passed over.
    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        let tables = try await tables(tx)
        let (table, _) = Self.position(slice)
        return table < tables.count ? JobRow(tables[table].name, cursor: "\(table + 1) 0") : nil
    }

    private func tables(_ tx: Transaction) async throws -> [RetentionTable] {
        RetentionTable.all(
            of: try await tx.query(Self.domains, as: String.self), histories: try await tx.query(Self.histories, as: String.self), retention)
    }

    /// The table by its place in the list, and the place within it.
    private static func position(_ slice: Slice) -> (table: Int, place: Int) {
        let parts = (slice.cursor ?? "").split(separator: " ").compactMap { Int($0) }
        return parts.count == 2 ? (max(0, parts[0]), parts[1]) : (0, 0)
    }

    private static let histories: SQL = "select histories from operations.histories()"
    private static let domains: SQL = "select domains::text from operations.domains()"
}
