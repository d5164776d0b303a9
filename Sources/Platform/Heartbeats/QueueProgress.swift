import AMQP
import Contracts
import FoundationEssentials
import Synchronization

/// How a process gets on with one of its queues: the deliveries that it holds, how old the oldest is, and how long
/// nothing has been completed while messages wait.
///
/// A quorum queue does not say how old its oldest message is. Messages are delivered in the order of their arrival, so
/// the oldest one is in hand while there is one in hand. Its age counts from the time that its publisher gave it
/// (``published(_:)``), or from its delivery if that is longer ago.
final class QueueProgress: Sendable {
    /// What a heartbeat says of a queue.
    struct Figures: Codable, Sendable, Equatable {
        /// Messages that wait at the broker; nil when it could not be asked.
        var messages: Int?
        /// Deliveries in hand.
        var unacked: Int
        /// How old the oldest message is; nil when there is none.
        var oldestSeconds: Int?
        /// For how long messages have waited and this process has completed none; nil when none wait.
        var stalledSeconds: Int?
    }

    /// Deliveries that arrived together.
    private struct Arrival {
        /// The tag of a delivery that is settled by itself.
        let tag: UInt64?
        var count: Int
        let at: ContinuousClock.Instant
        let published: Date?
    }

    private struct State {
        var inHand: [Arrival] = []
        var lastCompleted: ContinuousClock.Instant?
        /// The first beat that found messages, of those that all did.
        var waitingSince: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Deliveries of a queue that are settled in the order of their arrival.
    func arrived(_ deliveries: [AMQPDelivery]) {
        guard let first = deliveries.first else { return }
        let arrival = Arrival(tag: nil, count: deliveries.count, at: .now, published: Self.published(first))
        state.withLock { $0.inHand.append(arrival) }
    }

    /// The first so many deliveries were settled.
    /// - Parameter isCompleted: Whether the queue is rid of them; false when they were requeued.
    func settled(first count: Int, isCompleted: Bool) {
        state.withLock { state in
            if isCompleted { state.lastCompleted = .now }
            var rest = count
            while rest > 0, let oldest = state.inHand.first {
                if oldest.count > rest {
                    state.inHand[0].count -= rest
                    return
                }
                rest -= oldest.count
                state.inHand.removeFirst()
            }
        }
    }

    /// A delivery that is settled by itself.
    func arrived(_ delivery: AMQPDelivery) {
        let arrival = Arrival(tag: delivery.deliveryTag, count: 1, at: .now, published: Self.published(delivery))
        state.withLock { $0.inHand.append(arrival) }
    }

    /// A delivery was settled.
    func settled(_ delivery: AMQPDelivery, isCompleted: Bool) {
        state.withLock { state in
            if isCompleted { state.lastCompleted = .now }
            if let index = state.inHand.firstIndex(where: { $0.tag == delivery.deliveryTag }) { state.inHand.remove(at: index) }
        }
    }

    /// The figures for a heartbeat.
    /// - Parameters:
    ///   - messages: What the broker says; nil when it could not be asked.
    ///   - now: The time of day, which publishers' times are compared with.
    func beat(messages: Int?, now: Date) -> Figures {
        state.withLock { state in
            let unacked = state.inHand.reduce(0) { $0 + $1.count }
            guard unacked > 0 || messages != 0 else {
                state.waitingSince = nil
                return Figures(messages: messages, unacked: 0)
            }
            // Without an answer of the broker and without deliveries nothing is known.
            guard unacked > 0 || messages != nil else { return Figures(messages: nil, unacked: 0) }
            let waitingSince = state.waitingSince ?? .now
            state.waitingSince = waitingSince
            let oldest = state.inHand.map { max((ContinuousClock.now - $0.at).timeInterval, $0.published.map(now.timeIntervalSince) ?? 0) }.max()
            let stalled = ContinuousClock.now - max(waitingSince, state.lastCompleted ?? waitingSince)
            return Figures(
                messages: messages, unacked: unacked, oldestSeconds: Int(oldest ?? (ContinuousClock.now - waitingSince).timeInterval),
                stalledSeconds: Int(stalled.timeInterval))
        }
    }

    /// When a message was published, as its publisher says: AMQP's `timestamp`, else the CloudEvent's `time`.
    private static func published(_ delivery: AMQPDelivery) -> Date? {
        if let timestamp = delivery.properties.timestamp { return timestamp }
        return JSONObjectScanner(Envelope.body(of: delivery))?.string("time").flatMap(RFC3339.date(from:))
    }
}
