import FoundationEssentials

/// The holders of bookings were asked how their event was: of one booking, or of many at the same time.
public struct BookingFollowedUp: Splittable {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "booking.followed-up")
    /// The most bookings of one message.
    public static let most = 25

    /// A booking whose holder was asked.
    public struct Booking: Encodable, Sendable, Equatable {
        /// The booking.
        public let bookingId: Int

        /// A booking whose holder was asked.
        public init(bookingId: Int) { self.bookingId = bookingId }
    }

    /// Which ones: 1 to ``most``.
    public let bookings: [Booking]
    /// When the mail was enqueued.
    public let followedUpAt: Date

    /// The data of such a message.
    public init(_ bookings: [Booking], followedUpAt: Date) {
        self.bookings = bookings
        self.followedUpAt = followedUpAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        bookings = try data.objects("bookings", count: 1...Self.most).map { (booking) throws(ContractViolation) in
            Booking(bookingId: try booking.id("bookingId"))
        }
        followedUpAt = try data.instant("followedUpAt")
    }

    /// A message for each booking.
    public var parts: [BookingFollowedUp] { bookings.map { BookingFollowedUp([$0], followedUpAt: followedUpAt) } }
}
