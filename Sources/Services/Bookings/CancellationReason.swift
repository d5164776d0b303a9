/// Why a booking was cancelled; stored as `cancellation_reason`, published in `booking.cancelled` and counted in
/// reports.
enum CancellationReason: String, CaseIterable, Sendable {
    case expired
    case paymentFailed = "payment failed"
    case paymentAbandoned = "payment abandoned"
    case eventCalledOff = "event cancelled"
    case refundApproved = "refund approved"

    /// The reasons for cancelling an unpaid booking. Money that arrives for such a booking later is refunded in full.
    static let unpaid: [CancellationReason] = [.expired, .paymentFailed, .paymentAbandoned]
}
