/// The route of an event: its publisher, and the services whose queues receive it. Contracts/asyncapi.yaml says the
/// same; a test compares them.
public struct MessageRoute: Sendable {
    /// The type of the event.
    public let type: MessageType
    /// The service that publishes it, or ``operators``; nil for the web shop and other systems.
    public let publisher: String?
    /// The services that consume it.
    public let readers: [String]

    /// The broker's user of people and of the `boxoffice` tool.
    public static let operators = "operator"

    /// Every event that is published.
    public static let all = [
        MessageRoute(type: RideCompleted.type, publisher: nil, readers: ["loyalty-notifier"]),
        MessageRoute(type: TicketsRefreshRequested.type, publisher: nil, readers: ["tickets-cache"]),
        MessageRoute(type: LoyaltyMilestoneReached.type, publisher: "loyalty-notifier", readers: []),
        MessageRoute(type: PaymentGatewayReported.type, publisher: nil, readers: ["payments"]),
        MessageRoute(type: PaymentDecided.type, publisher: operators, readers: ["payments"]),
        MessageRoute(type: PaymentSucceeded.type, publisher: "payments", readers: ["bookings", "analytics"]),
        MessageRoute(type: PaymentFailed.type, publisher: "payments", readers: ["bookings", "analytics"]),
        MessageRoute(type: PaymentAbandoned.type, publisher: "payments", readers: ["bookings", "analytics"]),
        MessageRoute(type: PaymentRefunded.type, publisher: "payments", readers: ["bookings", "analytics"]),
        MessageRoute(type: PaymentRefundFailed.type, publisher: "payments", readers: ["bookings"]),
        MessageRoute(type: BookingCancelled.type, publisher: "bookings", readers: ["payments", "events", "analytics"]),
        MessageRoute(type: BookingRefundRequested.type, publisher: nil, readers: ["bookings"]),
        MessageRoute(type: BookingRefundApproved.type, publisher: "bookings", readers: ["payments"]),
        MessageRoute(type: BookingRefunded.type, publisher: "bookings", readers: ["events", "analytics"]),
        MessageRoute(type: BookingReminded.type, publisher: "events", readers: ["bookings"]),
        MessageRoute(type: BookingFollowedUp.type, publisher: "marketing", readers: ["bookings"]),
        MessageRoute(type: EventCancelled.type, publisher: nil, readers: ["bookings", "events"]),
        MessageRoute(type: CustomerUnsubscribed.type, publisher: "marketing", readers: []),
        MessageRoute(type: CustomerResubscribed.type, publisher: "marketing", readers: []),
    ]

    private static let byType = Dictionary(all.map { ($0.type, $0) }) { first, _ in first }

    /// The services that consume a type; none for an unknown type.
    public static func readers(of type: MessageType) -> [String] { byType[type]?.readers ?? [] }
}
