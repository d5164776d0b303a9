import FoundationEssentials

/// Sends outbound deliveries of one kind to an external service.
public protocol DeliveryChannel: Sendable {
    /// The kind of delivery that it sends.
    var kind: OutboundDelivery.Kind { get }
    /// How many deliveries it sends at once.
    var inFlight: Int { get }
    /// How often a delivery is tried before it is parked; nil to try until the other side has accepted or refused it.
    var attempts: Int? { get }
    /// Whether a delivery needs a time of its own (`is_scheduled`) before it can be claimed.
    var isScheduled: Bool { get }
    /// How many of the deliveries that are wanted may be claimed now; the rest waits, and counts no attempt. Runs in the
    /// transaction that claims them.
    func permit(_ wanted: Int, _ tx: Transaction) async throws -> Int
    /// Takes back permits for deliveries that were not there, or that must not be sent any more.
    func giveBack(_ permits: Int, _ tx: Transaction) throws
    /// The deliveries that must not be sent any more, by dedupe key, and why. Runs in the transaction that claims them.
    func withheld(_ claimed: [(dedupeKey: String, payload: [UInt8])], _ tx: Transaction) async throws -> [String: String]
    /// Sends one delivery. It may be called twice for the same one (when a process died in between), always with the
    /// same key.
    /// - Throws: ``DeliveryFailure``.
    func send(_ payload: [UInt8], key: String) async throws(DeliveryFailure)
    /// Sends one delivery that was tried before and may have been accepted.
    /// - Throws: ``DeliveryFailure``.
    func resend(_ payload: [UInt8], key: String) async throws(DeliveryFailure)
}

extension DeliveryChannel {
    /// Ten: with the pauses between them about half an hour.
    public var attempts: Int? { 10 }
    /// It needs none.
    public var isScheduled: Bool { false }
    /// As many as are wanted.
    public func permit(_ wanted: Int, _ tx: Transaction) async throws -> Int { wanted }
    /// Nothing.
    public func giveBack(_ permits: Int, _ tx: Transaction) throws {}
    /// None.
    public func withheld(_ claimed: [(dedupeKey: String, payload: [UInt8])], _ tx: Transaction) async throws -> [String: String] { [:] }
    /// Sends it like the first time.
    public func resend(_ payload: [UInt8], key: String) async throws(DeliveryFailure) { try await send(payload, key: key) }
}

/// Why a delivery failed, and whether a retry can help.
public enum DeliveryFailure: Error, Sendable, CustomStringConvertible {
    /// It may succeed later, after the pause that the other side asked for at the earliest. `attempts` limits the
    /// attempts where fewer are worthwhile than the channel makes.
    case later(String, after: Duration? = nil, attempts: Int? = nil)
    /// The other side refuses the channel and not this delivery: a wrong key, a spent quota. It is tried for two days
    /// at least, and when several recipients in a row get the same refusal the channel pauses (``CircuitBreaker``).
    /// `cause` is equal for equal refusals.
    case channelRefused(String, cause: String, recipient: String, after: Duration? = nil)
    /// The other side refuses this delivery for good. `isAddressDead` says that it names the recipient's address as the
    /// reason: no such mailbox or domain, and so none for any other delivery.
    case refused(String, isAddressDead: Bool = false)

    /// The reason.
    public var description: String {
        switch self {
        case .later(let reason, _, _), .channelRefused(let reason, _, _, _), .refused(let reason, _): reason
        }
    }
}
