/// A refund in the answer of `POST /gateway/refund`, and a paid one in `/_sandbox/refunds`.
struct RefundReport: Encodable {
    let id: Int
    let at: Timestamp
    let idempotencyKey: String
    let transaction: String
    let amount: Int64
    let currency: String
    var status = RefundStatus.processed
}
