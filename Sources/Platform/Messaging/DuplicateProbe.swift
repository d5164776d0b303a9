import AMQP
import Synchronization

/// Decides whether a consumer looks for duplicates: not until one was seen, then for some batches, because duplicates
/// come in groups (a publisher that starts over, a queue that is redelivered).
final class DuplicateProbe: Sendable {
    /// How many batches are checked after a duplicate.
    private static let batches = 20
    private let left = Mutex(0)

    /// Whether the next batch is to be checked: after a duplicate, or when the broker marks one of its messages as
    /// redelivered.
    func isNeeded(for messages: [DecodedMessage]) -> Bool {
        let isOn = left.withLock { left in
            if left > 0 { left -= 1 }
            return left > 0
        }
        return isOn || messages.contains { $0.delivery.redelivered }
    }

    /// Records that a duplicate was seen.
    func duplicateSeen() { left.withLock { $0 = Self.batches } }
}
