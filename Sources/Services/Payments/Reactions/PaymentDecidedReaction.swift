import Contracts
import Platform

/// Does what a person decided about payments that the gateway and the books do not agree on, or whose money could not go back.
struct PaymentDecidedReaction: Reaction {
    func react(to messages: [Incoming<PaymentDecided>], _ tx: Transaction) async throws {
        var settlement = try await Settlement.open(messages.map(\.data.reference), tx)
        let refunds = try await Refund.of(bookings: settlement.bookings, tx)
        for message in messages {
            let (reference, trace) = (message.data.reference, message.trace ?? .current)
            if message.data.decision == .giveBack, try settlement.beginAgain(refunds, of: reference, causedBy: trace),
                settlement.payment(reference)?.reviewReason == nil
            {
                continue
            }
            try settlement.decide(message.data.decision, on: reference, causedBy: trace)
        }
        try await settlement.write()
        try settlement.close()
    }
}
