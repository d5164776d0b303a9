import Contracts
import FoundationEssentials

/// The gateway's record of a payment, in the form of `POST /_sandbox/gateway/transactions`.
struct DemoTransaction: Encodable, Sendable {
    let reference: String
    let status: DemoPayment.GatewayRecord
    let amount: Int
    let currency: String
    let paidAt: String?

    private enum CodingKeys: String, CodingKey {
        case reference
        case status
        case amount
        case currency
        case paidAt = "paid_at"
    }
}

extension DemoCalendar {
    /// The gateway's records of payments that may still be polled; payments of events that are over are not polled any
    /// more.
    var transactions: [DemoTransaction] {
        let over = Set(events.filter { $0.scenario.phase == .over }.map(\.number))
        return sales.lazy.filter { !over.contains($0.booking.eventId) }.flatMap(\.payments).compactMap { payment in
            payment.gatewayRecord.map { gatewayRecord in
                let paidAt = gatewayRecord == .success ? payment.paidAt ?? payment.submittedAt.map { $0 + 30 } : nil
                return DemoTransaction(
                    reference: payment.reference, status: gatewayRecord, amount: misreported[payment.reference] ?? payment.amount,
                    currency: payment.currency,
                    paidAt: paidAt.map(RFC3339.string))
            }
        }
    }
}
