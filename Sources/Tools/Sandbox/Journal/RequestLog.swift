import Synchronization

/// The requests to one stub: the last ones, and counts of all.
final class RequestLog: Sendable {
    private struct State {
        var requests: RingBuffer<Received>
        var counts = Counts()
        var statuses: [Int: Int] = [:]
    }

    let part: StubID
    private let state: Mutex<State>

    init(part: StubID, keep: Int) {
        self.part = part
        state = Mutex(State(requests: RingBuffer(capacity: keep)))
    }

    /// Records a request that has started and returns its number.
    func arrived(_ received: Received) -> Int {
        state.withLock { state in
            state.counts.requests += 1
            state.counts.inFlight += 1
            state.counts.maxInFlight = max(state.counts.maxInFlight, state.counts.inFlight)
            return state.requests.append(received)
        }
    }

    /// Counts an effect, or a repeated request without one.
    func caused(_ effect: Answer.Effect) {
        state.withLock { state in
            switch effect {
            case .none: break
            case .done: state.counts.effects += 1
            case .repeated: state.counts.repeated += 1
            }
        }
    }

    /// Records the end of a request: its status (nil when the caller got no answer), the applied fault, and details
    /// that were not known before.
    func finished(_ number: Int, status: Int?, fault: Int?, details: Received.Details? = nil) {
        let now = Timestamp.now
        state.withLock { state in
            state.counts.inFlight = max(0, state.counts.inFlight - 1)
            if let status { state.statuses[status, default: 0] += 1 }
            if fault != nil { state.counts.faults += 1 }
            state.requests.update(number) { received in
                received.status = status
                received.fault = fault
                received.details = details ?? received.details
                received.duration = now.microseconds - received.at.microseconds
            }
        }
    }

    /// The kept requests with a number above `since`, oldest first.
    func received(since: Int, limit: Int?) -> [ReceivedReport] {
        let kept = state.withLock { $0.requests.elements(since: since, limit: limit) }
        return kept.map { ReceivedReport(part: part, number: $0.number, $0.element) }
    }

    var counts: Counts {
        state.withLock { state in
            var counts = state.counts
            counts.statuses = Dictionary(uniqueKeysWithValues: state.statuses.map { (String($0.key), $0.value) })
            return counts
        }
    }

    /// Removes the requests but not the counts.
    func removeReceived() {
        state.withLock { $0.requests.removeAll() }
    }

    /// Removes everything except the number of requests in flight.
    func reset() {
        state.withLock { state in
            let inFlight = state.counts.inFlight
            state.requests.removeAll()
            state.statuses = [:]
            state.counts = Counts()
            state.counts.inFlight = inFlight
            state.counts.maxInFlight = inFlight
        }
    }
}
