/// What becomes of fire times that were missed.
///
/// The same words hold for a clock that did not run and for a service that was away while its ticks waited.
public enum MisfirePolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// The newest is worked, the older ones are not.
    case latest
    /// Each is worked, oldest first.
    case all
    /// None is worked; the next regular time is waited for.
    case none
}
