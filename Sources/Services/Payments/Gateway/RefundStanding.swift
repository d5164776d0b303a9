/// How a refund that may have been asked for before stands at the gateway, by its list of all refunds of the transaction.
///
/// The list does not say under which key a refund was asked for. So what counts is the sum: more is back than went back before this refund was begun.
enum RefundStanding: Sendable, Equatable {
    /// The money is back.
    case back
    /// The gateway took the request; the money is not back yet.
    case onItsWay
    /// A refund of this amount came to nothing, and none has taken its place.
    case failed
    /// The gateway knows of no such refund.
    case absent
    /// The gateway did not say; it is asked again, not before the pause that it wants.
    case unknown(String, after: Duration?)

    /// - Parameter listed: All refunds of the transaction.
    init(of refund: RefundPayload, among listed: [GatewayRefund]) {
        func sum(_ statuses: GatewayRefund.Status...) -> Int {
            listed.filter { $0.currency == refund.currency && statuses.contains($0.status) }.reduce(0) { sum, entry in
                let (total, overflow) = sum.addingReportingOverflow(entry.amount)
                return overflow ? .max : total
            }
        }
        let (wanted, overflow) = refund.refundedBefore.addingReportingOverflow(refund.amount)
        if !overflow, sum(.processed) >= wanted {
            self = .back
        } else if !overflow, sum(.processed, .pending) >= wanted {
            self = .onItsWay
        } else if listed.contains(where: { $0.status == .failed && $0.amount == refund.amount && $0.currency == refund.currency }) {
            self = .failed
        } else {
            self = .absent
        }
    }
}
