/// Why a booking was cancelled; kept as `cancellation_reason`, told in `booking.cancelled` and counted in reports.
enum CancellationReason: String, CaseIterable, Sendable {
    case expired
    case paymentFailed = "payment failed"
    case paymentAbandoned = "payment abandoned"
    case eventCalledOff = "event cancelled"
    case refundApproved = "refund approved"

    /// Those of bookings that nobody had paid for. Money that comes for one of them all the same goes back in full.
    static let unpaid: [CancellationReason] = [.expired, .paymentFailed, .paymentAbandoned]
}
