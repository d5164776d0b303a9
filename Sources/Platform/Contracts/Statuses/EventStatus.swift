/// The status of an event: `events.events.status`.
public enum EventStatus: String, LifecycleStatus {
    /// It has not begun.
    case upcoming
    /// It has begun and is not over.
    case live
    /// It is over.
    case completed
    /// It has been over for a week.
    case archived
    /// Its organizer called it off; even one that is over, because nothing took place.
    case cancelled

    /// The statuses that may follow.
    public var successors: [EventStatus] {
        switch self {
        case .upcoming: [.live, .cancelled]
        // A live event that is postponed is upcoming again.
        case .live: [.upcoming, .completed, .cancelled]
        case .completed: [.archived, .cancelled]
        case .archived: [.cancelled]
        case .cancelled: []
        }
    }
}
