/// A parcel that will not be sent: refused by the other side for good, or given up after its last attempt.
public struct RefusedParcel: Sendable, Equatable {
    /// The parcel's key.
    public let dedupeKey: String
    /// Why, for people.
    public let reason: String
}
