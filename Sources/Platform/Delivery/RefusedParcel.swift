/// A parcel that will not be sent: refused by the other side for good, or given up after its last attempt.
public struct RefusedParcel: Sendable, Equatable {
    /// The parcel's key.
    public let dedupeKey: String
    /// Why, for people.
    public let reason: String

    /// A parcel and why.
    public init(dedupeKey: String, reason: String) {
        self.dedupeKey = dedupeKey
        self.reason = reason
    }
}
