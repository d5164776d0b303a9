import Contracts

/// The content of a refund's outbound delivery.
struct RefundPayload: Codable, Sendable, Equatable {
    /// Reference of the payment.
    let transaction: String
    let money: Money
    /// How much of the payment was refunded before this refund began, which distinguishes it from earlier refunds in
    /// the gateway's list.
    let refundedBefore: Int

    /// The request to the gateway.
    var request: RefundRequest { RefundRequest(transaction: transaction, money: money) }
}

// Flat, as the rows of `payments.deliveries` have it.
extension RefundPayload {
    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        transaction = try members.decode(String.self, forKey: .transaction)
        money = try Money(from: decoder)
        refundedBefore = try members.decode(Int.self, forKey: .refundedBefore)
    }

    func encode(to encoder: any Encoder) throws {
        try money.encode(to: encoder)
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(transaction, forKey: .transaction)
        try members.encode(refundedBefore, forKey: .refundedBefore)
    }

    private enum CodingKeys: CodingKey {
        case transaction, refundedBefore
    }
}
