import Contracts
import Platform

/// Applies the gateway's own reports to payments. Duplicate and late reports change nothing; a payment that needs a
/// person's decision is marked for review.
struct PaymentGatewayReportedReaction: Reaction {
    func react(to messages: [Incoming<PaymentGatewayReported>], _ tx: Transaction) async throws {
        var reconciliation = try await PaymentReconciliation.open(messages.map(\.data.reference), tx)
        for message in messages {
            let report = message.data
            let told = GatewayTransaction(
                status: GatewayStatus(report.status.rawValue), money: report.money, at: report.occurredAt)
            switch try reconciliation.apply(.transaction(told), to: report.reference, polled: false, causedBy: message.trace ?? .current) {
            case nil: throw NotThereYet("no payment has the reference \(report.reference)")
            case .disputed(let reason): throw Unprocessable("payment \(report.reference): \(reason)")
            default: break
            }
        }
        for reference in Set(messages.map(\.data.reference)) {
            if let reason = reconciliation.newReview(reference) { tx.recordFailure(of: "payment \(reference)", reason: reason) }
        }
        try await reconciliation.write()
        try reconciliation.close()
    }
}
