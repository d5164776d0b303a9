import Testing

@testable import AMQP

@Suite("Publisher confirms, decided without a broker")
struct PublishStateMachineTests {
    private let start = ContinuousClock.now

    private func batch(_ id: UInt64, _ keys: [String], exchange: String = "e", mandatory: Bool = true) -> PublishBatch<String> {
        PublishBatch(
            caller: "caller \(id)", id: id, deadline: start + .seconds(Int(id)),
            messages: keys.map { AMQPMessage(exchange: exchange, routingKey: $0, body: [1]) }, mandatory: mandatory)
    }

    /// A channel on which these batches are written whole.
    private func machine(_ batches: PublishBatch<String>...) -> PublishStateMachine<String> {
        var machine = PublishStateMachine<String>()
        machine.opened()
        for batch in batches { write(batch, &machine) }
        return machine
    }

    private func write(_ batch: PublishBatch<String>, _ machine: inout PublishStateMachine<String>) {
        machine.begin(batch)
        while machine.writeNext() != nil {}
    }

    private func returned(_ key: String, code: Int = 312) -> IncomingMessage {
        var message = IncomingMessage(
            Envelope(deliveryTag: 0, redelivered: false, exchange: "e", routingKey: key), reply: (code: code, text: "NO_ROUTE"))
        message.begin(AMQPProperties(), size: 1)
        [1].withUnsafeBytes { message.append(UnsafeRawBufferPointer(rebasing: $0[..<1])) }
        return message
    }

    /// Takes the answers out.
    private func answers(_ machine: inout PublishStateMachine<String>) throws -> [String: [AMQPPublishOutcome]] {
        defer { machine.answers = [] }
        return try Dictionary(uniqueKeysWithValues: machine.answers.map { ($0.caller, try $0.result.get()) })
    }

    private func failures(_ machine: inout PublishStateMachine<String>) -> [String: AMQPError] {
        defer { machine.answers = [] }
        var failures: [String: AMQPError] = [:]
        for (caller, result) in machine.answers { if case .failure(let error as AMQPError) = result { failures[caller] = error } }
        return failures
    }

    private let unroutable = AMQPPublishOutcome.unroutable(replyCode: 312, replyText: "NO_ROUTE")

    @Test("Confirms out of order answer a caller when the last of its messages is settled")
    func outOfOrder() throws {
        var machine = machine(batch(1, ["a", "b"]), batch(2, ["c"]))
        machine.settle(2, multiple: false, .confirmed)
        machine.settle(3, multiple: false, .rejected)
        #expect(try answers(&machine) == ["caller 2": [.rejected]])
        machine.settle(1, multiple: false, .rejected)
        #expect(try answers(&machine) == ["caller 1": [.rejected, .confirmed]])
    }

    @Test("A cumulative confirm settles all up to it, also in the middle of a batch, and nothing twice")
    func multiple() throws {
        var machine = machine(batch(1, ["a"]), batch(2, ["b", "c"]), batch(3, ["d"]))
        machine.settle(1, multiple: false, .rejected)
        machine.settle(2, multiple: true, .confirmed)
        #expect(try answers(&machine) == ["caller 1": [.rejected]])
        machine.settle(2, multiple: false, .rejected)
        machine.settle(4, multiple: true, .confirmed)
        #expect(try answers(&machine) == ["caller 2": [.confirmed, .confirmed], "caller 3": [.confirmed]])
    }

    @Test("A cumulative nack rejects what is not settled")
    func cumulativeNack() throws {
        var machine = machine(batch(1, ["a", "b"]), batch(2, ["c"]))
        machine.settle(1, multiple: false, .confirmed)
        machine.settle(3, multiple: true, .rejected)
        #expect(try answers(&machine) == ["caller 1": [.confirmed, .rejected], "caller 2": [.rejected]])
    }

    @Test("Numbers that nobody has are no harm")
    func unknownNumber() throws {
        var machine = machine(batch(1, ["a"]))
        machine.settle(7, multiple: false, .confirmed)
        machine.settle(0, multiple: false, .confirmed)
        #expect(machine.answers.isEmpty)
        machine.settle(1, multiple: false, .confirmed)
        #expect(try answers(&machine) == ["caller 1": [.confirmed]])
    }

    @Test("A message that comes back before its confirm is unroutable; of equal ones each return is for another")
    func returnBeforeConfirm() throws {
        var machine = machine(batch(1, ["a", "b"]), batch(2, ["a", "a"]))
        machine.returned(returned("b"))
        machine.returned(returned("a"))
        machine.settle(4, multiple: true, .confirmed)
        #expect(try answers(&machine) == ["caller 1": [.confirmed, unroutable], "caller 2": [unroutable, .confirmed]])
    }

    @Test("Messages that are not mandatory do not come back")
    func notMandatory() throws {
        var machine = machine(batch(1, ["a"], mandatory: false), batch(2, ["a"]))
        machine.returned(returned("a"))
        machine.settle(2, multiple: true, .confirmed)
        #expect(try answers(&machine) == ["caller 1": [.confirmed], "caller 2": [unroutable]])
    }

    @Test("A channel that is lost in the middle fails everybody whom it may concern")
    func lostInTheMiddle() throws {
        var machine = machine(batch(1, ["a", "b"]), batch(2, ["c"]))
        machine.settle(3, multiple: false, .confirmed)
        _ = try answers(&machine)
        machine.settle(1, multiple: false, .confirmed)
        machine.abandon(.connectionLost(reason: "cut"))
        #expect(failures(&machine) == ["caller 1": .connectionLost(reason: "cut")])
        machine.opened()
        write(batch(4, ["d"]), &machine)
        machine.settle(1, multiple: false, .confirmed)
        #expect(try answers(&machine) == ["caller 4": [.confirmed]])
    }

    @Test("An exchange that is not there fails what was published to it; the rest is written again, settled messages excepted")
    func closedForOne() throws {
        var machine = machine(batch(1, ["a", "b"]), batch(2, ["c"], exchange: "missing"), batch(3, ["d"]))
        machine.settle(1, multiple: false, .confirmed)
        let again = machine.closed(.notFound("no exchange 'missing' in vhost '/'"))
        #expect(failures(&machine) == ["caller 2": .notFound("no exchange 'missing' in vhost '/'")])
        #expect(again.map(\.id) == [1, 3] && again.allSatisfy { !$0.isUntouched })
        machine.opened()
        var keys: [String] = []
        for batch in again {
            machine.begin(batch)
            while let next = machine.writeNext() { keys.append(next.message.routingKey) }
        }
        #expect(keys == ["b", "d"])
        machine.settle(2, multiple: true, .confirmed)
        #expect(try answers(&machine) == ["caller 1": [.confirmed, .confirmed], "caller 3": [.confirmed]])
    }

    @Test("A refusal that names no exchange fails everybody")
    func closedForAll() {
        var machine = machine(batch(1, ["a"]), batch(2, ["b"]))
        #expect(machine.closed(.preconditionFailed("invalid expiration")).isEmpty)
        #expect(failures(&machine).count == 2)
    }

    @Test("Who has waited too long is answered; numbers of such a batch still count, and the rest of it is not written")
    func expiry() throws {
        var machine = machine()
        machine.begin(batch(1, ["a", "b"]))
        _ = machine.writeNext()
        #expect(machine.expire(start, .timeout("t")) == start + .seconds(1) && machine.answers.isEmpty)
        #expect(machine.expire(start + .seconds(1), .timeout("t")) == nil)
        #expect(failures(&machine) == ["caller 1": .timeout("t")])
        #expect(!machine.hasUnwritten)
        write(batch(5, ["c"]), &machine)
        machine.settle(1, multiple: false, .confirmed)
        #expect(machine.answers.isEmpty)
        machine.settle(2, multiple: false, .confirmed)
        #expect(try answers(&machine) == ["caller 5": [.confirmed]])
    }
}
