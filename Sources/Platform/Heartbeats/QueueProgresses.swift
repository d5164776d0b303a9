import Synchronization

/// The ``QueueProgress`` of each queue that a process consumes.
final class QueueProgresses: Sendable {
    private let queues = Mutex<[String: QueueProgress]>([:])

    /// That of a queue, made when it is asked for first.
    subscript(queue: String) -> QueueProgress {
        queues.withLock { queues in
            let progress = queues[queue] ?? QueueProgress()
            queues[queue] = progress
            return progress
        }
    }
}
