/// A delivery that will not be sent: refused by the other side for good, or failed at its last attempt.
public struct FailedDelivery: Sendable, Equatable {
    /// The delivery's key.
    public let dedupeKey: String
    /// Why, for people.
    public let reason: String

    /// A delivery and why.
    public init(dedupeKey: String, reason: String) {
        self.dedupeKey = dedupeKey
        self.reason = reason
    }
}
