import Contracts

/// The status of an outbound delivery: `deliveries.status`.
public enum DeliveryStatus: String, LifecycleStatus {
    /// It is to be sent, for the first time or again.
    case queued
    /// The channel accepted it.
    case sent
    /// The channel refused it for good.
    case bounced
    /// It failed as often as its channel allows.
    case parked
    /// It was not sent, because the recipient does not want it or it makes no sense any more.
    case suppressed

    /// The statuses that may follow: a person may queue one again that was not sent.
    public var successors: [DeliveryStatus] {
        switch self {
        case .queued: [.sent, .bounced, .parked, .suppressed]
        case .bounced, .parked: [.queued]
        case .sent, .suppressed: []
        }
    }
}
