import Testing

@testable import AMQP

@Suite("Life of a connection, decided without a broker")
struct ConnectionStateMachineTests {
    private let start = ContinuousClock.now

    private func after(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test("Topology, then subscriptions, then it is ready, each once")
    func startUp() {
        var machine = ConnectionStateMachine(heartbeat: .zero, now: start)
        #expect(machine.subscribed() == false && machine.stage == .declaring)
        #expect(machine.declared() && !machine.declared())
        #expect(machine.subscribed() && !machine.subscribed())
        #expect(machine.stage == .ready && machine.nextDue(lastSent: start) == nil)
    }

    @Test("A heartbeat is sent after half an interval without a frame of ours, unless one waits to be sent")
    func heartbeat() {
        var machine = ConnectionStateMachine(heartbeat: .seconds(10), now: start)
        #expect(machine.nextDue(lastSent: start) == after(5))
        #expect(machine.keepAlive(after(4.9), lastSent: start, isSending: false) == .nothing)
        #expect(machine.keepAlive(after(5), lastSent: start, isSending: true) == .nothing)
        #expect(machine.keepAlive(after(5), lastSent: start, isSending: false) == .sendHeartbeat)
        #expect(machine.keepAlive(after(5), lastSent: after(4), isSending: false) == .nothing)
    }

    @Test("A broker that was silent for two intervals is lost; whatever comes counts")
    func silence() {
        var machine = ConnectionStateMachine(heartbeat: .seconds(10), now: start)
        machine.received(after(15))
        #expect(machine.keepAlive(after(20), lastSent: after(20), isSending: false) == .nothing)
        #expect(machine.nextDue(lastSent: after(34)) == after(35))
        #expect(machine.keepAlive(after(35), lastSent: after(34), isSending: false) == .lost)
    }

    @Test("Closing waits a second for channels that are about to close, and a second for the answer")
    func closing() {
        var machine = ConnectionStateMachine(heartbeat: .zero, now: start)
        #expect(machine.close(start, isAnyLeaving: true) == false)
        #expect(machine.nextDue(lastSent: start) == after(1))
        #expect(machine.close(after(0.9), isAnyLeaving: true) == false)
        #expect(machine.close(after(1), isAnyLeaving: true) && !machine.close(after(1), isAnyLeaving: false))
        #expect(machine.stage == .closing(until: after(2)) && machine.nextDue(lastSent: start) == after(2))
        _ = machine.keepAlive(after(1.9), lastSent: start, isSending: false)
        #expect(machine.stage != .closed)
        _ = machine.keepAlive(after(2), lastSent: start, isSending: false)
        #expect(machine.stage == .closed)
    }

    @Test("A connection that is told to close while it declares does not begin to consume")
    func closedWhileDeclaring() {
        var machine = ConnectionStateMachine(heartbeat: .zero, now: start)
        #expect(machine.close(start, isAnyLeaving: false) == true)
        #expect(!machine.declared() && !machine.subscribed())
        machine.closed()
        #expect(machine.stage == .closed)
    }
}
