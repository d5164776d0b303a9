/// What a person changes of a schedule, as `operations.change_schedule` takes it: a key that is there changes, null takes an override back.
struct ScheduleChange: Encodable, Sendable {
    var enabled: Bool?
    var cron: String?
    var zone: String?
    var misfire: String?
    /// Whether the overrides that are not named are taken back.
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
