import Synchronization

/// A subscription as its two ends share it: the connection's thread offers deliveries, one task takes them.
final class Consumer: Sendable {
    let queue: String
    let prefetch: UInt16
    let maximumBatch: Int
    let tag: String
    let arguments: AMQPTable

    private struct State {
        var ready: [AMQPDelivery] = []
        /// Where in `ready` the next batch starts.
        var head = 0
        var waiting: CheckedContinuation<[AMQPDelivery]?, Never>?
        var finished = false

        mutating func take(_ maximum: Int) -> [AMQPDelivery]? {
            let count = ready.count - head
            guard count > 0 else { return nil }
            if head == 0, count <= maximum {
                defer { ready = [] }
                return ready
            }
            let batch = Array(ready[head..<head + min(count, maximum)])
            head += batch.count
            if head == ready.count {
                ready = []
                head = 0
            }
            return batch
        }
    }

    private let state = Mutex(State())

    init(queue: String, prefetch: Int, maximumBatch: Int, tag: String, arguments: AMQPTable) {
        self.queue = queue
        self.prefetch = UInt16(clamping: max(1, prefetch))
        self.maximumBatch = max(1, maximumBatch)
        self.tag = tag
        self.arguments = arguments
    }

    /// The next batch; `nil` when the subscription or the asking task has ended. One task may ask at a time.
    func next() async -> [AMQPDelivery]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: [AMQPDelivery]?? = state.withLock { state in
                    if state.finished || Task.isCancelled { return .some(.none) }
                    if let batch = state.take(maximumBatch) { return .some(batch) }
                    precondition(state.waiting == nil, "the deliveries of a consumer are taken by one task at a time")
                    state.waiting = continuation
                    return .none
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiting = state.withLock { $0.waiting.take() }
            waiting?.resume(returning: nil)
        }
    }

    /// Hands over what the broker delivered and empties `deliveries`.
    func offer(_ deliveries: inout [AMQPDelivery]) {
        let handOver = state.withLock { state -> (CheckedContinuation<[AMQPDelivery]?, Never>, [AMQPDelivery])? in
            if state.ready.isEmpty { swap(&state.ready, &deliveries) } else { state.ready.append(contentsOf: deliveries) }
            guard state.waiting != nil, let batch = state.take(maximumBatch), let waiting = state.waiting.take() else { return nil }
            return (waiting, batch)
        }
        deliveries.removeAll(keepingCapacity: true)
        handOver?.0.resume(returning: handOver?.1)
    }

    /// Forgets what was not taken yet: its channel is gone and the broker delivers it again.
    func discard() {
        state.withLock { state in
            state.ready = []
            state.head = 0
        }
    }

    /// Ends the sequence and returns what nobody took.
    func finish() -> [AMQPDelivery] {
        let (waiting, rest) = state.withLock { state in
            state.finished = true
            defer {
                state.ready = []
                state.head = 0
            }
            return (state.waiting.take(), Array(state.ready[state.head...]))
        }
        waiting?.resume(returning: nil)
        return rest
    }
}
