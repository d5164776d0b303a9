import FoundationEssentials

/// The holders of bookings were reminded of their event: of one booking, or of many at the same time.
public struct BookingReminded: Splittable {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "booking.reminded")
    /// The most bookings of one message.
    public static let most = 25

    /// Which reminder it was.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// On the day before the event.
        case dayBefore = "day-before"
        /// A week before the event.
        case weekBefore = "week-before"
    }

    /// A booking whose holder was reminded.
    public struct Booking: Encodable, Sendable, Equatable {
        /// The booking.
        public let bookingId: Int

        /// A booking whose holder was reminded.
        public init(bookingId: Int) { self.bookingId = bookingId }
    }

    /// Which ones: 1 to ``most``.
    public let bookings: [Booking]
    /// Which reminder.
    public let kind: Kind
    /// When the mail was enqueued.
    public let remindedAt: Date

    /// The data of such a message.
    public init(_ bookings: [Booking], kind: Kind, remindedAt: Date) {
        self.bookings = bookings
        self.kind = kind
        self.remindedAt = remindedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        bookings = try data.objects("bookings", count: 1...Self.most).map { (booking) throws(ContractViolation) in
            Booking(bookingId: try booking.id("bookingId"))
        }
        kind = try data.choice("kind")
        remindedAt = try data.instant("remindedAt")
    }

    /// A message for each booking.
    public var parts: [BookingReminded] { bookings.map { BookingReminded([$0], kind: kind, remindedAt: remindedAt) } }
}
