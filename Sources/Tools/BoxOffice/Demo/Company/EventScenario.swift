import Contracts
import FoundationEssentials

/// The time of an event of the demo relative to now, and its status.
enum EventScenario: Sendable, CaseIterable {
    /// Over for weeks, and archived.
    case archived
    /// Over for some days.
    case completed
    /// Over for so long that it is due to be archived.
    case completedEightDaysAgo
    /// Began and ended, and its status was not updated.
    case overslept
    /// Ended, and still has the status `live`.
    case overdue
    /// On now.
    case live
    /// Began, and still has the status `upcoming`.
    case starting
    /// Undecided refund requests were made 23 hours before the start.
    case in22Hours
    /// Undecided refund requests were made 25 hours before the start.
    case in24Hours
    /// Undecided refund requests were made 3 days before the start.
    case inThreeDays
    /// On the next calendar day of its place.
    case tomorrow
    /// 2 to 6 days ahead.
    case soon
    /// On the seventh calendar day of its place.
    case inSevenDays
    /// In the weeks after that.
    case later
    /// Cancelled by its organizer.
    case eventCancelled

    /// The scenarios of consecutive events, repeated.
    static let cycle: [EventScenario] = [
        .later, .archived, .tomorrow, .soon, .completed, .inSevenDays, .archived, .live, .later, .in24Hours, .archived, .overslept, .soon,
        .eventCancelled, .completed, .starting, .later, .in22Hours, .archived, .inSevenDays, .completedEightDaysAgo, .inThreeDays, .overdue,
        .tomorrow,
        .later,
    ]

    /// Determines which booking scenarios are possible.
    var phase: Phase {
        switch self {
        case .archived, .completed, .completedEightDaysAgo: .over
        case .overslept, .overdue, .live, .starting: .on
        case .in22Hours, .in24Hours, .inThreeDays, .tomorrow, .soon, .inSevenDays, .later: .ahead
        case .eventCancelled: .eventCancelled
        }
    }

    enum Phase: Sendable {
        case over
        case on
        case ahead
        case eventCancelled
    }

    /// The value of `events.events.status`.
    var status: EventStatus {
        switch self {
        case .archived: .archived
        case .completed, .completedEightDaysAgo: .completed
        case .overdue, .live: .live
        case .eventCancelled: .cancelled
        default: .upcoming
        }
    }

    /// The start, at the half hour.
    /// - Parameter evening: Returns the time of an evening in the city, a number of calendar days from today.
    func start(now: Date, evening: (Int) -> Date, _ random: inout SeededGenerator) -> Date {
        switch self {
        case .archived: evening(-Int.random(in: 10...120, using: &random))
        case .completed: evening(-Int.random(in: 2...6, using: &random))
        case .completedEightDaysAgo: evening(-9)
        case .overslept: (now - 6 * .hour).halfHour
        case .overdue: (now - 5 * .hour).halfHour
        case .live: (now - 3 * .hour).halfHour
        case .starting: (now - 2 * .hour).halfHour
        case .in22Hours: (now + 22.5 * .hour).halfHour
        case .in24Hours: (now + 24.5 * .hour).halfHour
        case .inThreeDays: (now + 71.5 * .hour).halfHour
        case .tomorrow: evening(1)
        case .soon: evening(Int.random(in: 2...6, using: &random))
        case .inSevenDays: evening(7)
        case .later: evening(Int.random(in: 8...90, using: &random))
        case .eventCancelled: evening(Int.random(in: 3...30, using: &random))
        }
    }

    /// The time of a refund request that is still undecided.
    func refundRequest(start: Date, now: Date) -> Date {
        switch self {
        case .in22Hours: start - 23 * .hour
        case .in24Hours: start - 25 * .hour
        case .inThreeDays: start - 3 * .day
        case .overslept, .overdue, .live, .starting: start + .hour
        default: now - 20 * .minute
        }
    }
}

extension TimeInterval {
    static let minute: TimeInterval = 60
    static let hour: TimeInterval = 3600
    static let day: TimeInterval = 86_400
}

extension Date {
    /// The half hour that has begun.
    fileprivate var halfHour: Date { Date(timeIntervalSince1970: (timeIntervalSince1970 / 1800).rounded(.down) * 1800) }
}
