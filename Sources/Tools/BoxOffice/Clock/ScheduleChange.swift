/// A person's change of a schedule, in the form of `operations.change_schedule`: a key that is present changes, null
/// removes an override.
struct ScheduleChange: Encodable, Sendable {
    var enabled: Bool?
    var cron: String?
    var zone: String?
    var misfire: String?
    /// Whether overrides that are not named are removed.
    var resetsOthers = false

    private enum CodingKeys: String, CodingKey { case enabled, cron, zone, misfire }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(enabled, forKey: .enabled)
        for (key, value) in [(CodingKeys.cron, cron), (.zone, zone), (.misfire, misfire)] where value != nil || resetsOthers {
            try container.encode(value, forKey: key)
        }
    }
}
