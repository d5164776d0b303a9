/// What happens to fire times that were missed.
///
/// It holds for a scheduler that did not run and for a service that was down while its ticks waited.
public enum MisfirePolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// The newest is processed, the older ones are not.
    case latest
    /// Each is processed, oldest first.
    case all
    /// None is processed; the job runs at the next regular time.
    case none
}
