import AMQP
import Foundation
import Testing

@Suite("A broker of our own", .privateBroker, .serialized, .timeLimit(.minutes(30)))
struct PrivateBrokerTests {
    @Test("When the broker is killed and started again everything goes on: consumers, durable messages, unacknowledged ones")
    func killed() async throws {
        let broker = try PrivateBroker.required()
        let queue = Broker.name("killed")
        let log = LogRecorder()
        let topology = AMQPTopology(queues: [.init(queue, arguments: ["x-queue-type": "quorum"])])
        try await withConnection(try broker.configuration(), topology: topology, logger: log.logger) { connection in
            #expect(try await connection.publish((0..<10).map { message(to: queue, "\($0)") }) == Array(repeating: .confirmed, count: 10))
            let deliveries = connection.consume(queue, prefetch: 100)
            let before = await deliveries.take(10)
            connection.ack(through: before[3])
            try await eventually("four are settled") { try await broker.depth(of: queue) == 6 }

            // Publishes through the outage until two hundred are confirmed, again and again what was lost on the way.
            let publishing = Task {
                for number in 100..<300 {
                    while true {
                        do {
                            if try await connection.publish([message(to: queue, "\(number)")]) == [.confirmed] { break }
                        } catch AMQPError.connectionLost {}
                    }
                }
            }
            try await broker.command("kill")
            try await eventually("the loss is noticed") { !connection.isConnected }
            try await broker.command("start")
            try await publishing.value
            var seen: Set<String> = []
            let expected = Set((Array(4..<10) + Array(100..<300)).map { "\($0)" })
            for await batch in deliveries {
                for delivery in batch { seen.insert(delivery.text) }
                if let last = batch.last { connection.ack(through: last) }
                if expected.isSubset(of: seen) { break }
            }
            #expect(seen == expected)
            #expect(log.count("no connection") == 1)
        }
    }

    @Test("A broker short of memory takes no messages: publishing waits, gives up in time, and goes on afterwards")
    func blocked() async throws {
        let broker = try PrivateBroker.required()
        let log = LogRecorder()
        try await withConnection(try broker.configuration(), logger: log.logger) { connection in
            func publish(_ timeout: Duration) async throws -> [AMQPPublishOutcome] {
                try await connection.publish([message(to: "nowhere", "patience")], mandatory: false, timeout: timeout)
            }
            _ = try await publish(.seconds(30))
            let staged = try await connection.stage([message(to: "nowhere", "ahead of the alarm")], mandatory: false)
            let dropped = try await connection.stage([message(to: "nowhere", "never")], mandatory: false)
            try await broker.command("ctl", "set_vm_memory_high_watermark", "absolute", "1MB")
            // The first one after the alarm makes the broker say that it blocks; it is not taken.
            let first = Task { try await publish(.seconds(120)) }
            try await eventually("the block is reported") { log.count("takes no messages") == 1 }
            let error = await #expect(throws: AMQPError.self) { try await publish(.milliseconds(300)) }
            guard case .blocked = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            let impatient = await #expect(throws: AMQPError.self) { try await dropped.commit(timeout: .milliseconds(300)) }
            #expect(impatient == error)
            let committing = Task { try await staged.commit(timeout: .seconds(120)) }
            let waiting = Task { try await publish(.seconds(120)) }
            try await broker.command("ctl", "set_vm_memory_high_watermark", "0.4")
            #expect(try await first.value == [.confirmed])
            #expect(try await waiting.value == [.confirmed])
            #expect(try await committing.value == [.confirmed])
            await #expect(throws: AMQPError.stagingLost) { try await dropped.commit() }
        }
    }

    @Test("A login that is refused after a loss is logged by name, once, and forgotten when it is taken again")
    func refusedAfterLoss() async throws {
        let broker = try PrivateBroker.required()
        let log = LogRecorder()
        let configuration = try broker.configuration()
        try await withConnection(configuration, logger: log.logger) { connection in
            try await broker.command("ctl", "change_password", configuration.user, "rotated")
            try await broker.command("ctl", "close_all_connections", "the password was changed")
            try await eventually("the refusal is logged") { log.count("the broker refuses user '\(configuration.user)'") == 1 }
            #expect(log.count("no connection to the broker") == 2)
            try await broker.command("ctl", "change_password", configuration.user, configuration.password)
            try await connection.connected()
            #expect(log.count("the broker refuses user") == 1)
        }
    }

    @Test("Over TLS, with the authority that signed the broker's certificate, everything works as without, large bodies too")
    func tls() async throws {
        let queue = Broker.name("tls")
        let configuration = try PrivateBroker.required().configuration("AMQPS_URL")
        #expect(configuration.tls?.authorities != nil)
        try await withConnection(configuration, topology: exclusive(queue)) { connection in
            let bodies = [0, 1, 70_000, 3_000_001].map { size in (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) } }
            let large = bodies.map { AMQPMessage(exchange: "", routingKey: queue, body: $0) }
            let small = (0..<5000).map { message(to: queue, "\($0)") }
            let deliveries = connection.consume(queue, prefetch: 10_000)
            #expect(try await connection.publish(large + small).allSatisfy { $0 == .confirmed })
            let got = await deliveries.take(5004)
            #expect(try await connection.stage(large).commit().allSatisfy { $0 == .confirmed })
            let committed = await deliveries.take(4)
            #expect(committed.map(\.body) == bodies)
            #expect(got.prefix(4).map(\.body) == bodies)
            #expect(got.dropFirst(4).map(\.text) == (0..<5000).map { "\($0)" })
            connection.ack(through: try #require(committed.last))
            await deliveries.stop()
            #expect(try await connection.inspect(queue: queue)?.messages == 0)
        }
    }

    private func refusal(_ configuration: AMQPConfiguration) async -> AMQPError? {
        let connection = AMQPConnection(configuration, logger: .silent)
        return await #expect(throws: AMQPError.self) { try await connection.run() }
    }

    @Test("A broker whose certificate another authority signed is refused")
    func unknownAuthority() async throws {
        let broker = try PrivateBroker.required()
        var configuration = try broker.configuration("AMQPS_URL")
        configuration.tls?.authorities = nil
        #expect(await refusal(configuration) == .untrustedBroker(host: configuration.host))
        configuration.tls?.verify = false
        try await withConnection(configuration) { connection in #expect(connection.isConnected) }
    }

    @Test("A broker whose certificate is made out for another address is refused")
    func wrongHost() async throws {
        let broker = try PrivateBroker.required()
        var configuration = try broker.configuration("AMQPS_URL")
        let proxy = try Proxy(to: configuration.port, listeningOn: "127.0.0.2")
        configuration.host = "127.0.0.2"
        configuration.port = proxy.port
        #expect(await refusal(configuration) == .untrustedBroker(host: "127.0.0.2"))
        proxy.close()
    }

    @Test("A certificate file that is not there is named")
    func missingFile() async throws {
        var configuration = try PrivateBroker.required().configuration("AMQPS_URL")
        configuration.tls?.authorities = "/nowhere/ca.pem"
        #expect(await refusal(configuration) == .unusableTLSOption("cacertfile /nowhere/ca.pem"))
    }

    @Test("A broker without TLS is no broker yet for a client that wants it: it tries again")
    func plainPort() async throws {
        let broker = try PrivateBroker.required()
        var configuration = try broker.configuration("AMQPS_URL")
        configuration.port = try broker.configuration().port
        let log = LogRecorder()
        let connection = AMQPConnection(configuration, logger: log.logger)
        let run = Task { try await connection.run() }
        try await eventually("it is logged") { log.count("no connection") == 1 }
        run.cancel()
        try await run.value
    }
}
