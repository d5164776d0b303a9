/// Rows about which a job decided the same: how many, and the first of them by name.
public struct RowGroup: Codable, Sendable, Equatable {
    /// How many.
    public internal(set) var count = 0
    /// The names of the first of them.
    public internal(set) var first: [String] = []

    /// The most names that a run keeps of each group.
    private static let keptNames = 100

    mutating func add(_ row: String) {
        count += 1
        if first.count < Self.keptNames { first.append(row.storable(atMost: 200)) }
    }

    mutating func add(_ number: Int, first names: [String]) {
        count += number
        first += names.prefix(max(0, Self.keptNames - first.count)).map { $0.storable(atMost: 200) }
    }

    /// The rows of both.
    func adding(_ other: RowGroup) -> RowGroup {
        RowGroup(count: count + other.count, first: first + other.first.prefix(max(0, Self.keptNames - first.count)))
    }
}
