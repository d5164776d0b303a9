import FoundationEssentials

/// A customer requested a refund of a booking. Published by other systems.
public struct BookingRefundRequested: Message {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "booking.refund-requested")

    /// The booking.
    public let bookingId: Int
    /// When the customer requested it; the refund policy goes by it.
    public let requestedAt: Date

    /// The data of such a message.
    public init(bookingId: Int, requestedAt: Date) {
        self.bookingId = bookingId
        self.requestedAt = requestedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        bookingId = try data.id("bookingId")
        requestedAt = try data.instant("requestedAt")
    }
}
