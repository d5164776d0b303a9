import Contracts
import Platform

/// Refunds at the gateway, with the dedupe key as `Idempotency-Key`. Asked again until the gateway has said yes or no: money is not forgotten.
///
/// Gateways forget keys, and a new round has a new one. So once a request may have got through, the gateway is asked first how the
/// transaction stands: what is back is paid, and what is on its way is waited for. A refusal is not believed before that either, because
/// "already refunded" is one, too.
struct RefundChannel: DeliveryChannel {
    let kind = OutboundDelivery.Kind.refund
    let attempts: Int? = nil
    let gateway: PaymentGatewayClient

    var inFlight: Int { gateway.inFlight }

    func send(_ payload: [UInt8], key: String) async throws(DeliveryFailure) {
        let round = try Self.key(key).round
        try await ask(for: try Self.refund(payload), key, mayBeBack: round > 1)
    }

    func resend(_ payload: [UInt8], key: String) async throws(DeliveryFailure) {
        _ = try Self.key(key)
        try await ask(for: try Self.refund(payload), key, mayBeBack: true)
    }

    private func ask(for refund: RefundPayload, _ key: String, mayBeBack: Bool) async throws(DeliveryFailure) {
        if mayBeBack, try await isBack(refund) { return }
        switch await gateway.refund(refund.request, key: key) {
        case .paid: return
        // The same key gets the same answer for ever; what became of the refund since then only the list tells.
        case .accepted:
            guard try await isBack(refund, wasAccepted: true) else { throw .later(Self.isOnItsWay) }
        case .refused(let reason):
            guard try await isBack(refund, refusal: reason) else { throw .refused(reason) }
        case .later(let reason, let pause): throw .later(reason, after: pause)
        }
    }

    /// Whether the gateway has paid the refund already.
    /// - Parameters:
    ///   - refusal: What the gateway said to the request, if it refused it.
    ///   - wasAccepted: Whether it said that it took the request.
    /// - Throws: that it must be asked later, or that it did not keep what it had accepted.
    private func isBack(_ refund: RefundPayload, refusal: String? = nil, wasAccepted: Bool = false) async throws(DeliveryFailure) -> Bool {
        switch await gateway.standing(of: refund) {
        case .back: return true
        case .onItsWay: throw .later(Self.isOnItsWay)
        case .failed where wasAccepted: throw .refused("the gateway accepted the refund, and then it failed")
        case .failed, .absent: return false
        case .unknown(let reason, let pause): throw .later(refusal.map { "\($0); how the transaction stands: \(reason)" } ?? reason, after: pause)
        }
    }

    private static let isOnItsWay = "the gateway has accepted the refund, the money is not back yet"

    /// Whose refund it is. Without that nobody would learn that it was paid, so the gateway is not asked.
    private static func key(_ text: String) throws(DeliveryFailure) -> RefundKey {
        guard let key = RefundKey(text) else { throw .refused("the key does not say which refund it is; refund/12/1 would") }
        return key
    }

    private static func refund(_ payload: [UInt8]) throws(DeliveryFailure) -> RefundPayload {
        do {
            return try WireCoding.decodeJSON(from: payload[...])
        } catch {
            throw .refused("the refund cannot be read: \(error)")
        }
    }
}
