import FoundationEssentials

/// Bookings no longer hold tickets: one, or many that were cancelled for the same reason at the same time.
public struct BookingCancelled: Splittable {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "booking.cancelled")
    /// The most bookings of one message.
    public static let most = 25

    /// A booking that was cancelled.
    public struct Booking: Encodable, Sendable, Equatable {
        /// The booking.
        public let bookingId: Int
        /// The event it was for.
        public let eventId: Int
        /// The user.
        public let userId: Int
        /// How many tickets it held.
        public let quantity: Int

        /// A booking that was cancelled.
        public init(bookingId: Int, eventId: Int, userId: Int, quantity: Int) {
            self.bookingId = bookingId
            self.eventId = eventId
            self.userId = userId
            self.quantity = quantity
        }
    }

    /// Which ones: 1 to ``most``.
    public let bookings: [Booking]
    /// Why.
    public let reason: String
    /// When they were cancelled.
    public let cancelledAt: Date

    /// The data of such a message.
    public init(_ bookings: [Booking], reason: String, cancelledAt: Date) {
        self.bookings = bookings
        self.reason = reason
        self.cancelledAt = cancelledAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        bookings = try data.objects("bookings", count: 1...Self.most).map { (booking) throws(ContractViolation) in try Booking(booking) }
        reason = try data.reason("reason")
        cancelledAt = try data.instant("cancelledAt")
    }

    /// A message for each booking.
    public var parts: [BookingCancelled] { bookings.map { BookingCancelled([$0], reason: reason, cancelledAt: cancelledAt) } }
}

extension BookingCancelled.Booking {
    fileprivate init(_ data: MessageData) throws(ContractViolation) {
        self.init(
            bookingId: try data.id("bookingId"), eventId: try data.id("eventId"), userId: try data.id("userId"),
            quantity: try data.integer("quantity", in: 1...Int.max))
    }
}
