/// The status of a booking: `bookings.bookings.status`.
public enum BookingStatus: String, LifecycleStatus {
    /// It holds tickets and is not paid.
    case pending
    /// It holds tickets and is paid or free.
    case confirmed
    /// It holds no tickets.
    case cancelled
    /// It holds no tickets and its money is back.
    case refunded

    /// The statuses that may follow.
    public var successors: [BookingStatus] {
        switch self {
        case .pending: [.confirmed, .cancelled]
        case .confirmed: [.cancelled]
        case .cancelled: [.refunded]
        case .refunded: []
        }
    }

    /// Whether a booking with this status holds tickets.
    public var holdsTickets: Bool { self == .pending || self == .confirmed }
}
