/// What a consumer wants done with a delivery.
enum Disposition: Sendable {
    case ack
    case ackThrough
    case reject(requeue: Bool)
    case nackThrough(requeue: Bool)
}

/// A settlement as it goes to the broker.
enum SettlementFrame: Equatable {
    case ack(tag: UInt64, multiple: Bool)
    case nack(tag: UInt64, multiple: Bool, requeue: Bool)
}

/// Keeps track of what is settled on a channel, turns runs of single acks into one cumulative ack, and drops a second settlement of the same delivery
/// (which would make the broker close the channel: 406 unknown delivery tag).
struct AckTracker {
    /// The most deliveries that one cumulative ack is for. A quorum queue replaces what is acked at once by as many deliveries at once, and
    /// thousands of them cost the broker half as much again as the same number in portions.
    static let step: UInt64 = 250

    /// Every tag up to here is settled.
    private var settledThrough: UInt64 = 0
    /// Settled tags beyond the first unsettled one.
    private var ahead: Set<UInt64> = []
    /// Newest tag of a run of acks that is not yet on its way; everything below it is settled.
    private var owed: UInt64?
    /// The newest tag that the broker has delivered.
    var delivered: UInt64 = 0

    /// Deliveries that are not settled.
    var outstanding: Int { Int(delivered - settledThrough) - ahead.count }

    /// Notes a verdict; what must be sent at once is appended to `frames`, the rest comes with `flush`.
    mutating func settle(_ tag: UInt64, _ verdict: Disposition, into frames: inout [SettlementFrame]) {
        guard tag <= delivered, tag > settledThrough else { return }
        switch verdict {
        case .ack:
            guard !ahead.contains(tag) else { return }
            if tag == settledThrough + 1 { owed = tag } else { frames.append(.ack(tag: tag, multiple: false)) }
            mark(tag)
        case .reject(let requeue):
            guard !ahead.contains(tag) else { return }
            frames.append(.nack(tag: tag, multiple: false, requeue: requeue))
            mark(tag)
        case .ackThrough:
            if let newest = newestUnsettled(upTo: tag) {
                appendSteps(to: newest, &frames)
                owed = newest
            }
            markThrough(tag)
        case .nackThrough(let requeue):
            flush(into: &frames)
            if let newest = newestUnsettled(upTo: tag) { frames.append(.nack(tag: newest, multiple: true, requeue: requeue)) }
            markThrough(tag)
        }
    }

    /// Appends the cumulative ack that is still owed.
    mutating func flush(into frames: inout [SettlementFrame]) {
        guard let tag = owed else { return }
        owed = nil
        frames.append(.ack(tag: tag, multiple: true))
    }

    /// Acknowledges what lies more than a step below `newest`, so that the ack of `newest` itself is for one step at most.
    private func appendSteps(to newest: UInt64, _ frames: inout [SettlementFrame]) {
        var acked = settledThrough
        while newest - acked > Self.step {
            let end = newestUnsettled(upTo: acked + Self.step)
            if let end, end > acked { frames.append(.ack(tag: end, multiple: true)) }
            acked += Self.step
        }
    }

    /// The broker knows only unsettled tags, also as the end of a cumulative settlement.
    private func newestUnsettled(upTo tag: UInt64) -> UInt64? {
        var candidate = tag
        while candidate > settledThrough, ahead.contains(candidate) { candidate -= 1 }
        return candidate > settledThrough ? candidate : nil
    }

    private mutating func mark(_ tag: UInt64) {
        if tag == settledThrough + 1 { settledThrough = tag } else { ahead.insert(tag) }
        advance()
    }

    private mutating func markThrough(_ tag: UInt64) {
        settledThrough = tag
        if !ahead.isEmpty { ahead = ahead.filter { $0 > tag } }
        advance()
    }

    private mutating func advance() {
        while !ahead.isEmpty, ahead.remove(settledThrough + 1) != nil { settledThrough += 1 }
    }
}
