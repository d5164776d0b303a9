/// Counts of a stub's requests and their results, since the start or the last reset.
struct Counts: Encodable, Sendable {
    var requests = 0
    /// Effects: pushes delivered, refunds paid, mails accepted. A repeated idempotency key has none.
    var effects = 0
    /// Requests that repeated the idempotency key of an earlier one and got its answer.
    var repeated = 0
    /// Requests that a fault was applied to.
    var faults = 0
    var inFlight = 0
    var maxInFlight = 0
    /// Answers by status.
    var statuses: [String: Int] = [:]
}
