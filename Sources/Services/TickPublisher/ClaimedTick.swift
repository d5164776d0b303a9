import FoundationEssentials

/// A tick that this replica is to publish.
struct ClaimedTick: Decodable, Equatable, Sendable {
    /// `<job>@<RFC 3339 instant>`, also the id of the message.
    var id: String
    var job: String
    var scheduledFor: Date
}
