/// The data object of a CloudEvent: one type, one file, one schema in Contracts/messages.
///
/// Decoding and encoding apply the rules of the schema; a test gives both the same cases. Members that a type does not
/// know are ignored, so that a publisher may add some.
public protocol Message: Encodable, Sendable, Equatable {
    /// The type by which the data is known.
    static var type: MessageType { get }
    /// Reads the members, each with its rule.
    /// - Throws: a ``ContractViolation`` that names the first member that breaks its rule.
    init(_ data: MessageData) throws(ContractViolation)
}

extension Message {
    /// Reads the data object from its JSON.
    /// - Throws: a ``ContractViolation`` when it is no JSON object or a member breaks its rule.
    public static func decode(_ json: ArraySlice<UInt8>) throws(ContractViolation) -> Self { try Self(MessageData(json)) }

    /// Checks the rules that Swift's types do not express: ranges, lengths.
    /// - Throws: the ``ContractViolation`` that a reader of the message would find.
    public func validate() throws(ContractViolation) { _ = try WireCoding.encode(self) }
}

/// All message types.
public enum Messages {
    /// Every type with a schema in Contracts/messages.
    public static let all: [any Message.Type] = [
        Tick.self,
        RideCompleted.self, TicketsRefreshRequested.self, TicketsRefreshed.self, LoyaltyMilestoneReached.self,
        PaymentGatewayReported.self, PaymentDecided.self, PaymentSucceeded.self, PaymentFailed.self, PaymentAbandoned.self,
        PaymentRefunded.self, PaymentRefundFailed.self,
        BookingCancelled.self, BookingRefundRequested.self, BookingRefundApproved.self, BookingRefunded.self, BookingReminded.self,
        BookingFollowedUp.self,
        EventCancelled.self,
        CustomerUnsubscribed.self, CustomerResubscribed.self,
    ]
}
