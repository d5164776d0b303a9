/// How often a part was asked and what came of it, since the start or the last reset.
struct Counts: Encodable, Sendable {
    var requests = 0
    /// Things that were really done: pushes delivered, refunds paid, mails taken. A repeated idempotency key is none.
    var effects = 0
    /// Requests answered from an earlier one with the same idempotency key.
    var repeated = 0
    /// Requests that a fault was applied to.
    var faults = 0
    var inFlight = 0
    var maxInFlight = 0
    /// Answers by status.
    var statuses: [String: Int] = [:]
}
