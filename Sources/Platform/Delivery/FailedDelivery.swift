/// A delivery that will not be sent: refused by the other side for good, or failed at its last attempt.
public struct FailedDelivery: Sendable, Equatable {
    /// The delivery's key.
    public let dedupeKey: String
    /// Why, for people.
    public let reason: String
    /// Whether the recipient's address does not exist (``DeliveryFailure/refused(_:isAddressDead:)``).
    public let isAddressDead: Bool

    /// A delivery and why.
    public init(dedupeKey: String, reason: String, isAddressDead: Bool = false) {
        self.dedupeKey = dedupeKey
        self.reason = reason
        self.isAddressDead = isAddressDead
    }
}
