import Contracts

/// Every fiftieth ride is worth five free tickets.
enum RewardPolicy {
    /// Rides from one milestone to the next.
    static let interval = 50
    /// Free tickets for each milestone.
    static let freeTickets = 5

    /// The milestones that lie between two ride counts: after the first, up to the second.
    static func milestones(from before: Int, to after: Int) -> [Int] {
        guard after / interval > before / interval else { return [] }
        return (before / interval + 1...after / interval).map { $0 * interval }
    }
}
