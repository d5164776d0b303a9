import Contracts

/// The body of a refund request, in the terms of the gateway's API.
struct RefundRequest: Encodable, Sendable, Equatable, CustomStringConvertible {
    /// Reference of the payment.
    let transaction: String
    let money: Money

    func encode(to encoder: any Encoder) throws {
        try money.encode(to: encoder)
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(transaction, forKey: .transaction)
    }

    private enum CodingKeys: CodingKey {
        case transaction
    }

    var description: String { "\(money) of \(transaction)" }
}
