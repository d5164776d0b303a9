/// The payment that a message is about. Its members are members of the message's data object, and columns of a row.
public struct PaymentDetails: Codable, Sendable, Equatable {
    /// The payment.
    public let paymentId: Int
    /// The booking it pays.
    public let bookingId: Int
    /// The user.
    public let userId: Int
    /// What was paid, refused or refunded.
    public let money: Money

    /// A payment.
    public init(paymentId: Int, bookingId: Int, userId: Int, money: Money) {
        self.paymentId = paymentId
        self.bookingId = bookingId
        self.userId = userId
        self.money = money
    }

    init(_ data: MessageData, atLeast least: Int = 0) throws(ContractViolation) {
        self.init(
            paymentId: try data.id("paymentId"), bookingId: try data.id("bookingId"), userId: try data.id("userId"),
            money: try Money(data, atLeast: least))
    }

    /// Reads a row with the columns of the payment and of its money.
    public init(from decoder: any Decoder) throws {
        let row = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            paymentId: try row.decode(Int.self, forKey: .paymentId), bookingId: try row.decode(Int.self, forKey: .bookingId),
            userId: try row.decode(Int.self, forKey: .userId), money: try Money(from: decoder))
    }

    /// Writes the members of the payment and of its money side by side.
    public func encode(to encoder: any Encoder) throws {
        try money.encode(to: encoder)
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(paymentId, forKey: .paymentId)
        try members.encode(bookingId, forKey: .bookingId)
        try members.encode(userId, forKey: .userId)
    }

    private enum CodingKeys: CodingKey {
        case paymentId, bookingId, userId
    }
}

/// A message about a payment.
public protocol PaymentMessage: Message {
    /// The payment.
    var payment: PaymentDetails { get }
}

extension PaymentMessage {
    /// The booking that it pays.
    public var bookingId: Int { payment.bookingId }
}
