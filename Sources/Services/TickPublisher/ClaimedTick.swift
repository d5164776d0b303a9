import FoundationEssentials

/// A tick that this replica has claimed and must publish.
struct ClaimedTick: Decodable, Equatable, Sendable {
    /// `<job>@<RFC 3339 instant>`, also the id of the message.
    var id: String
    var job: String
    var scheduledFor: Date
    /// The fire time of the previous tick; nil for the first one.
    var previous: Date?
}
