import AMQP
import Synchronization

/// How much a consumer trusts that messages are new: fully, until one was not; then it looks for a while, because repeats come in swarms
/// (a publisher that starts over, a queue that is delivered again).
final class DuplicateProbe: Sendable {
    /// Batches that are worked with care after a repeat.
    private static let batches = 20
    private let left = Mutex(0)

    /// Whether the next batch is to be worked with care: after a repeat, or when the broker says that it delivers again.
    func isNeeded(for messages: [DecodedMessage]) -> Bool {
        let isOn = left.withLock { left in
            if left > 0 { left -= 1 }
            return left > 0
        }
        return isOn || messages.contains { $0.delivery.redelivered }
    }

    /// Takes care from now on.
    func duplicateSeen() { left.withLock { $0 = Self.batches } }
}
