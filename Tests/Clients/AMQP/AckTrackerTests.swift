import Testing

@testable import AMQP

@Suite("Ack tracker")
struct AckTrackerTests {
    private func frames(_ delivered: UInt64, _ settlements: [(UInt64, Disposition)]) -> ([SettlementFrame], outstanding: Int) {
        var tracker = AckTracker()
        tracker.delivered = delivered
        var frames: [SettlementFrame] = []
        for (tag, verdict) in settlements { tracker.settle(tag, verdict, into: &frames) }
        tracker.flush(into: &frames)
        return (frames, tracker.outstanding)
    }

    @Test("A run of single acks travels as one")
    func run() {
        let (sent, outstanding) = frames(5, [(1, .ack), (2, .ack), (3, .ack)])
        #expect(sent == [.ack(tag: 3, multiple: true)])
        #expect(outstanding == 2)
    }

    @Test("An ack behind a gap travels alone and is never the end of a cumulative one")
    func gap() {
        let (sent, outstanding) = frames(3, [(2, .ack), (3, .ack), (1, .ack)])
        #expect(sent == [.ack(tag: 2, multiple: false), .ack(tag: 3, multiple: false), .ack(tag: 1, multiple: true)])
        #expect(outstanding == 0)
    }

    @Test("An ack through a delivery that was settled before ends at the newest unsettled one")
    func throughSettled() {
        let (sent, outstanding) = frames(4, [(3, .reject(requeue: true)), (4, .ack), (4, .ackThrough)])
        #expect(sent == [.nack(tag: 3, multiple: false, requeue: true), .ack(tag: 4, multiple: false), .ack(tag: 2, multiple: true)])
        #expect(outstanding == 0)
    }

    @Test("A cumulative ack of many goes out in steps that end at unsettled deliveries")
    func steps() {
        let step = AckTracker.step
        let (sent, outstanding) = frames(3 * step, [(step, .reject(requeue: false)), (3 * step - 1, .ackThrough)])
        #expect(
            sent == [
                .nack(tag: step, multiple: false, requeue: false), .ack(tag: step - 1, multiple: true), .ack(tag: 2 * step, multiple: true),
                .ack(tag: 3 * step - 1, multiple: true),
            ])
        #expect(outstanding == 1)
    }

    @Test("A second settlement of a delivery is dropped, and so is one that was never delivered")
    func twice() {
        let (sent, outstanding) = frames(2, [(1, .ack), (1, .ack), (1, .reject(requeue: true)), (2, .reject(requeue: false)), (2, .ack), (3, .ack)])
        #expect(sent == [.nack(tag: 2, multiple: false, requeue: false), .ack(tag: 1, multiple: true)])
        #expect(outstanding == 0)
    }

    @Test("What was acknowledged before a cumulative nack stays acknowledged")
    func nackThrough() {
        let (sent, outstanding) = frames(4, [(1, .ack), (3, .nackThrough(requeue: true))])
        #expect(sent == [.ack(tag: 1, multiple: true), .nack(tag: 3, multiple: true, requeue: true)])
        #expect(outstanding == 1)
    }

    @Test("A rejection in the middle of a run splits nothing")
    func rejectInside() {
        let (sent, outstanding) = frames(3, [(1, .ack), (2, .reject(requeue: false)), (3, .ack)])
        #expect(sent == [.nack(tag: 2, multiple: false, requeue: false), .ack(tag: 3, multiple: true)])
        #expect(outstanding == 0)
    }

    @Test("However they are settled, the broker is asked once for each delivery and only about unsettled ones")
    func random() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            var tracker = AckTracker()
            tracker.delivered = 40
            var broker = Set<UInt64>(1...40)
            var frames: [SettlementFrame] = []
            for _ in 0..<60 {
                let tag = UInt64.random(in: 1...40, using: &generator)
                switch Int.random(in: 0..<10, using: &generator) {
                case 0: tracker.settle(tag, .ackThrough, into: &frames)
                case 1: tracker.settle(tag, .nackThrough(requeue: true), into: &frames)
                case 2: tracker.settle(tag, .reject(requeue: true), into: &frames)
                default: tracker.settle(tag, .ack, into: &frames)
                }
                if Bool.random(using: &generator) { tracker.flush(into: &frames) }
            }
            tracker.flush(into: &frames)
            for frame in frames {
                switch frame {
                case .ack(let tag, let multiple), .nack(let tag, let multiple, _):
                    #expect(broker.contains(tag))
                    broker = multiple ? broker.filter { $0 > tag } : broker.subtracting([tag])
                }
            }
            #expect(broker.count == tracker.outstanding)
        }
    }
}
