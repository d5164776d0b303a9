import Contracts
import FoundationEssentials

/// Where a slice stopped among rows that are taken in the order of an instant: behind this one.
struct Place: Equatable, Decodable, Sendable {
    /// Before all rows.
    static let start = Place(instant: .distantPast, id: 0)

    let instant: Date
    let id: Int

    init(instant: Date, id: Int) {
        self.instant = instant
        self.id = id
    }

    /// The place that a cursor names; nil for what is no such cursor.
    init?(cursor: String) {
        let parts = cursor.split(separator: " ")
        guard parts.count == 2, let instant = RFC3339.date(from: parts[0]), let id = Int(parts[1]) else { return nil }
        self.init(instant: instant, id: id)
    }

    /// The cursor that names it.
    var cursor: String { "\(RFC3339.string(from: instant)) \(id)" }
}
