import Contracts
import Platform

/// Does what a person decided about payments that the gateway and the books do not agree on, or whose money could not go back.
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
