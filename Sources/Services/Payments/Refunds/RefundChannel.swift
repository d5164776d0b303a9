import Contracts
import Platform

/// Sends refunds to the gateway, with the dedupe key as `Idempotency-Key`. The number of attempts is unlimited: each
/// refund is sent until the gateway accepts or refuses it.
///
/// Gateways forget keys, and each new round of a refund has a new key. So once an earlier request may have reached the
/// gateway, the channel first asks for the refund's status: a refund that is back is done, and a pending one is waited
/// for. A refusal is checked in the same way, because "already refunded" is a refusal, too.
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
        // The same key always gets the same answer; only the list of refunds shows what happened to the refund since
        // then.
        case .accepted:
            guard try await isBack(refund, wasAccepted: true) else { throw .later(Self.isOnItsWay) }
        case .refused(let reason):
            guard try await isBack(refund, refusal: reason) else { throw .refused(reason) }
        case .later(let reason, let pause): throw .later(reason, after: pause)
        }
    }

    /// Whether the gateway has paid the refund already.
    /// - Parameters:
    ///   - refusal: The gateway's reason, if it refused the request.
    ///   - wasAccepted: Whether the gateway accepted the request.
    /// - Throws: `.later` when the status must be asked for again; `.refused` when an accepted refund failed.
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

    /// The key of the refund. Without a valid key the payment could not be reported, so the gateway is not asked to
    /// make it.
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
