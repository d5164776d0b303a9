import Platform

/// Refunds at the gateway, with the dedupe key as `Idempotency-Key`. Asked again until the gateway has said yes or no: money is not forgotten.
struct RefundChannel: DeliveryChannel {
    let kind = Parcel.Kind.refund
    let attempts: Int? = nil
    let gateway: Gateway

    var inFlight: Int { gateway.inFlight }

    func send(_ payload: [UInt8], key: String) async throws(DeliveryFailure) {
        switch await gateway.refund(payload, key: key) {
        case .paid: return
        case .refused(let reason): throw .refused(reason)
        case .later(let reason, let pause): throw .later(reason, after: pause)
        }
    }
}
