/// A person's change of a schedule, in the form of `operations.change_schedule`: a key that is present changes, null
/// removes an override.
public struct ScheduleChange: Encodable, Sendable {
    /// Whether it fires.
    public var enabled: Bool?
    /// The expression in the place of the document's; nil leaves it as it is.
    public var cron: String?
    /// The zone in the place of the document's; nil leaves it as it is.
    public var zone: String?
    /// The policy in the place of the document's; nil leaves it as it is.
    public var misfire: String?
    /// Whether overrides that are not named are removed.
    public var resetsOthers = false

    /// A change.
    public init(enabled: Bool? = nil, cron: String? = nil, zone: String? = nil, misfire: String? = nil, resetsOthers: Bool = false) {
        self.enabled = enabled
        self.cron = cron
        self.zone = zone
        self.misfire = misfire
        self.resetsOthers = resetsOthers
    }

    private enum CodingKeys: String, CodingKey { case enabled, cron, zone, misfire }

    /// As JSON with those keys.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(enabled, forKey: .enabled)
        for (key, value) in [(CodingKeys.cron, cron), (.zone, zone), (.misfire, misfire)] where value != nil || resetsOthers {
            try container.encode(value, forKey: key)
        }
    }
}
