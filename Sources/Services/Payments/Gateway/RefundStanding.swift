import Contracts

/// The status at the gateway of a refund that may have been requested before, read from the gateway's list of all
/// refunds of the transaction.
///
/// The list does not name the keys of the refunds. So the sum decides: the refund is paid when the list adds up to what
/// had been refunded before this refund began plus its amount.
enum RefundStanding: Sendable, Equatable {
    /// The money is back with the customer.
    case back
    /// The gateway accepted the request; the money is not back yet.
    case onItsWay
    /// A refund of this amount failed, and none has taken its place.
    case failed
    /// The gateway knows of no such refund.
    case absent
    /// The gateway gave no usable answer. It is asked again, at the earliest after the pause that it asked for.
    case unknown(String, after: Duration?)

    /// - Parameter listed: All refunds of the transaction.
    init(of refund: RefundPayload, among listed: [GatewayRefund]) {
        func sum(_ statuses: GatewayRefund.Status...) -> Int {
            listed.filter { $0.money.currency == refund.money.currency && statuses.contains($0.status) }.reduce(0) { sum, entry in
                let (total, overflow) = sum.addingReportingOverflow(entry.money.amount)
                return overflow ? .max : total
            }
        }
        let (wanted, overflow) = refund.refundedBefore.addingReportingOverflow(refund.money.amount)
        if !overflow, sum(.processed) >= wanted {
            self = .back
        } else if !overflow, sum(.processed, .pending) >= wanted {
            self = .onItsWay
        } else if listed.contains(where: { $0.status == .failed && $0.money == refund.money }) {
            self = .failed
        } else {
            self = .absent
        }
    }
}
