/// The type of a message, as in its routing key: `ride.completed`. In a CloudEvent the type has the prefix
/// ``wirePrefix``.
public struct MessageType: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The prefix of every type in a CloudEvent, never of a routing key.
    public static let wirePrefix = "com.boxoffice."

    /// The type without the prefix; also the routing key of an event.
    public let rawValue: String

    /// Any type, known here or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The type that a CloudEvent names; nil without the prefix.
    public init?(wireType: String) {
        guard wireType.hasPrefix(Self.wirePrefix), wireType.utf8.count > Self.wirePrefix.utf8.count else { return nil }
        rawValue = String(Substring(wireType.utf8.dropFirst(Self.wirePrefix.utf8.count)))
    }

    /// The type as a CloudEvent names it: `com.boxoffice.ride.completed`.
    public var wireType: String { Self.wirePrefix + rawValue }

    /// The type without the prefix.
    public var description: String { rawValue }

    /// Every type that Contracts/messages describes.
    public static let all: [MessageType] = Messages.all.map { $0.type }
}

extension MessageType {
    /// A job is due.
    public static let tick = MessageType(rawValue: "tick")

    /// A rider finished a ride.
    public static let rideCompleted = MessageType(rawValue: "ride.completed")
    /// A user's passes are to be fetched again.
    public static let ticketsRefreshRequested = MessageType(rawValue: "tickets.refresh-requested")
    /// A user's passes were fetched.
    public static let ticketsRefreshed = MessageType(rawValue: "tickets.refreshed")
    /// A rider reached a milestone and was given free tickets.
    public static let loyaltyMilestoneReached = MessageType(rawValue: "loyalty.milestone-reached")

    /// The payment gateway reported the status of a transaction.
    public static let paymentGatewayReported = MessageType(rawValue: "payment.gateway-reported")
    /// A person decided about a payment.
    public static let paymentDecided = MessageType(rawValue: "payment.decided")
    /// A payment was received.
    public static let paymentSucceeded = MessageType(rawValue: "payment.succeeded")
    /// A payment was refused or timed out.
    public static let paymentFailed = MessageType(rawValue: "payment.failed")
    /// A payment was begun and never finished.
    public static let paymentAbandoned = MessageType(rawValue: "payment.abandoned")
    /// A payment was refunded.
    public static let paymentRefunded = MessageType(rawValue: "payment.refunded")
    /// A refund failed for good; a person has to look at it.
    public static let paymentRefundFailed = MessageType(rawValue: "payment.refund-failed")

    /// Bookings no longer hold tickets.
    public static let bookingCancelled = MessageType(rawValue: "booking.cancelled")
    /// A customer requested a refund.
    public static let bookingRefundRequested = MessageType(rawValue: "booking.refund-requested")
    /// The refund policy granted a refund.
    public static let bookingRefundApproved = MessageType(rawValue: "booking.refund-approved")
    /// A booking was refunded.
    public static let bookingRefunded = MessageType(rawValue: "booking.refunded")
    /// The holder of a booking was reminded of its event.
    public static let bookingReminded = MessageType(rawValue: "booking.reminded")

    /// An organizer cancelled an event.
    public static let eventCancelled = MessageType(rawValue: "event.cancelled")

    /// A customer unsubscribed from campaign mails.
    public static let customerUnsubscribed = MessageType(rawValue: "customer.unsubscribed")
    /// A customer wants campaign mails again.
    public static let customerResubscribed = MessageType(rawValue: "customer.resubscribed")
}
