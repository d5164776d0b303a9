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
        MessageRoute(type: .rideCompleted, publisher: nil, readers: ["loyalty-notifier"]),
        MessageRoute(type: .ticketsRefreshRequested, publisher: nil, readers: ["tickets-cache"]),
        MessageRoute(type: .loyaltyMilestoneReached, publisher: "loyalty-notifier", readers: []),
        MessageRoute(type: .paymentGatewayReported, publisher: nil, readers: ["payments"]),
        MessageRoute(type: .paymentDecided, publisher: operators, readers: ["payments"]),
        MessageRoute(type: .paymentSucceeded, publisher: "payments", readers: ["bookings"]),
        MessageRoute(type: .paymentFailed, publisher: "payments", readers: ["bookings"]),
        MessageRoute(type: .paymentAbandoned, publisher: "payments", readers: ["bookings"]),
        MessageRoute(type: .paymentRefunded, publisher: "payments", readers: ["bookings"]),
        MessageRoute(type: .paymentRefundFailed, publisher: "payments", readers: ["bookings"]),
        MessageRoute(type: .bookingCancelled, publisher: "bookings", readers: ["payments", "events"]),
        MessageRoute(type: .bookingRefundRequested, publisher: nil, readers: ["bookings"]),
        MessageRoute(type: .bookingRefundApproved, publisher: "bookings", readers: ["payments"]),
        MessageRoute(type: .bookingRefunded, publisher: "bookings", readers: ["events"]),
        MessageRoute(type: .bookingReminded, publisher: "events", readers: ["bookings"]),
        MessageRoute(type: .eventCancelled, publisher: nil, readers: ["bookings", "events"]),
        MessageRoute(type: .customerUnsubscribed, publisher: "marketing", readers: []),
        MessageRoute(type: .customerResubscribed, publisher: "marketing", readers: []),
    ]

    private static let byType = Dictionary(all.map { ($0.type, $0) }) { first, _ in first }

    /// The services that consume a type; none for an unknown type.
    public static func readers(of type: MessageType) -> [String] { byType[type]?.readers ?? [] }
}
