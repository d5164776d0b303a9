import FoundationEssentials

/// A way out of the house: it carries deliveries of one kind.
public protocol DeliveryChannel: Sendable {
    /// What it carries.
    var kind: OutboundDelivery.Kind { get }
    /// How many deliveries it carries at once.
    var inFlight: Int { get }
    /// How often a delivery is tried before it is parked; nil for until the other side has answered yes or no.
    var attempts: Int? { get }
    /// Sends one delivery. It may be asked twice for the same one (when a process died in between), always with the same key.
    /// - Throws: ``DeliveryFailure``.
    func send(_ payload: [UInt8], key: String) async throws(DeliveryFailure)
    /// Sends one delivery that was tried before and may have got through.
    /// - Throws: ``DeliveryFailure``.
    func resend(_ payload: [UInt8], key: String) async throws(DeliveryFailure)
}

extension DeliveryChannel {
    /// Ten: with the pauses between them that is about half an hour.
    public var attempts: Int? { 10 }
    /// As the first time.
    public func resend(_ payload: [UInt8], key: String) async throws(DeliveryFailure) { try await send(payload, key: key) }
}

/// Why a delivery did not get through, and whether asking again can help.
public enum DeliveryFailure: Error, Sendable, CustomStringConvertible {
    /// It may get through later, not before the pause that the other side asked for. `attempts` is how often it is worth a try, where that is
    /// less often than the channel tries.
    case later(String, after: Duration? = nil, attempts: Int? = nil)
    /// The other side refuses us and not this delivery: a wrong key, a spent quota. It is tried for two days at least, and when several
    /// recipients in a row get the same refusal the channel pauses (``CircuitBreaker``). `cause` is equal for equal refusals.
    case channelRefused(String, cause: String, recipient: String, after: Duration? = nil)
    /// The other side refuses this one for good (an address that does not exist, say).
    case refused(String)

    /// The reason.
    public var description: String {
        switch self {
        case .later(let reason, _, _), .channelRefused(let reason, _, _, _), .refused(let reason): reason
        }
    }
}
