/// A refund as `POST /gateway/refund` answers it; those that were paid as `/_sandbox/refunds` tells them.
struct RefundReport: Encodable {
    let id: Int
    let at: Timestamp
    let idempotencyKey: String
    let transaction: String
    let amount: Int64
    let currency: String
    var status = RefundStatus.processed
}
