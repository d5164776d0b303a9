import Contracts
import Platform

/// Does what a person decided about payments that the gateway and the books do not agree on.
struct PaymentDecidedReaction: Reaction {
    func react(to messages: [Incoming<PaymentDecided>], _ tx: Transaction) async throws {
        var settlement = try await Settlement.open(messages.map(\.data.reference), tx)
        for message in messages {
            try settlement.decide(message.data.decision, on: message.data.reference, causedBy: message.trace ?? .current)
        }
        try await settlement.write()
        try settlement.close()
    }
}
