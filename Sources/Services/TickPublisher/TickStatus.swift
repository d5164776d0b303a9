import Contracts

/// The status of a tick: `operations.ticks.status`.
enum TickStatus: String, LifecycleStatus {
    /// A replica has taken it to publish it, until its lease ends.
    case claimed
    /// The broker has confirmed it.
    case published
    /// The broker knows no queue for it.
    case unroutable

    var successors: [TickStatus] { self == .claimed ? [.published, .unroutable] : [] }
}
