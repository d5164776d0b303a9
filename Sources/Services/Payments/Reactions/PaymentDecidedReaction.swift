import Contracts
import Platform

/// Applies people's decisions about payments on which gateway and database disagree, or whose refund the gateway
/// refused.
struct PaymentDecidedReaction: Reaction {
    func react(to messages: [Incoming<PaymentDecided>], _ tx: Transaction) async throws {
        var reconciliation = try await PaymentReconciliation.open(messages.map(\.data.reference), tx)
        let refunds = try await Refund.of(bookings: reconciliation.bookings, tx)
        for message in messages {
            let (reference, trace) = (message.data.reference, message.trace ?? .current)
            if message.data.decision == .giveBack, try reconciliation.beginAgain(refunds, of: reference, causedBy: trace),
                reconciliation.payment(reference)?.reviewReason == nil
            {
                continue
            }
            try reconciliation.decide(message.data.decision, on: reference, causedBy: trace)
        }
        try await reconciliation.write()
        try reconciliation.close()
    }
}
