/// A refund that was paid, as `/_sandbox/refunds` tells it.
struct RefundReport: Encodable {
    let id: Int
    let at: Timestamp
    let idempotencyKey: String
    let transaction: String
    let amount: Int64
    let currency: String
}
