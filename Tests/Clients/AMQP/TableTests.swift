import CRabbitMQ
import Foundation
import Testing

@testable import AMQP

@Suite("Properties and tables", .timeLimit(.minutes(30)))
struct TableTests {
    private static let everything: AMQPTable = [
        "bool": true, "int": -9_000_000_000, "double": 0.1, "string": "Grüße ✓", "empty": "", "bytes": .bytes([0, 255, 206, 1]),
        "timestamp": .timestamp(Date(timeIntervalSince1970: 1_795_000_000)), "null": nil,
        "array": [1, "two", [3.5, nil], ["four": false]], "table": ["deep": ["deeper": ["deepest": 1]]], "no array": [], "no table": [:],
    ]

    @Test("Every property and every kind of header comes back as it was sent")
    func roundTrip() async throws {
        let queue = Broker.name("table")
        try await withConnection(topology: exclusive(queue)) { connection in
            var properties = AMQPProperties(contentType: "application/json", messageID: "m-1", headers: Self.everything, persistent: false)
            properties.contentEncoding = "identity"
            properties.priority = 7
            properties.correlationID = "c-1"
            properties.replyTo = "answers"
            properties.expiration = .milliseconds(123_456)
            properties.timestamp = Date(timeIntervalSince1970: 1_795_000_001)
            properties.type = "a type"
            properties.userID = try Broker.configuration().user
            properties.appID = "tests"
            _ = try await connection.publish([AMQPMessage(exchange: "", routingKey: queue, properties: properties, body: [1])])
            let delivery = try #require(try await connection.get(queue))
            #expect(delivery.properties == properties)
            #expect(delivery.properties.headers.map(\.name).sorted() == Self.everything.map(\.name).sorted())
        }
    }

    @Test("What is not set is not there")
    func empty() async throws {
        let queue = Broker.name("bare")
        try await withConnection(topology: exclusive(queue)) { connection in
            _ = try await connection.publish([AMQPMessage(exchange: "", routingKey: queue, body: [])])
            let delivery = try #require(try await connection.get(queue))
            #expect(delivery.properties == AMQPProperties())
            #expect(delivery.body == [])
        }
    }

    @Test("The broker's own headers can be read: why and how often a message was dead-lettered")
    func deathHeader() async throws {
        let (queue, dead) = (Broker.name("dies"), Broker.name("dead"))
        var topology = exclusive(queue, arguments: ["x-dead-letter-exchange": "", "x-dead-letter-routing-key": .string(dead)])
        topology.merge(exclusive(dead))
        try await withConnection(topology: topology) { connection in
            _ = try await connection.publish([message(to: queue, "mortal")])
            connection.reject(try #require(try await connection.get(queue)), requeue: false)
            let delivery = try #require(await connection.consume(dead, prefetch: 1).take(1).first)
            let death = try #require(delivery.properties.headers["x-death"]?.array?.first?.table)
            #expect(death["queue"] == .string(queue))
            #expect(death["reason"] == "rejected")
            #expect(death["count"] == 1)
            guard case .timestamp = death["time"] else {
                Issue.record("no time in \(death)")
                return
            }
        }
    }

    @Test("Kinds that only other clients send are widened")
    func foreignKinds() {
        func value(_ kind: amqp_field_value_kind_t, _ assign: (inout amqp_field_value_t) -> Void) -> AMQPValue {
            var field = amqp_field_value_t()
            field.kind = UInt8(kind.rawValue)
            assign(&field)
            return AMQPValue(wire: field)
        }
        #expect(value(AMQP_FIELD_KIND_I8) { $0.value.i8 = -5 } == -5)
        #expect(value(AMQP_FIELD_KIND_U8) { $0.value.u8 = 250 } == 250)
        #expect(value(AMQP_FIELD_KIND_I16) { $0.value.i16 = -300 } == -300)
        #expect(value(AMQP_FIELD_KIND_U16) { $0.value.u16 = 65_000 } == 65_000)
        #expect(value(AMQP_FIELD_KIND_I32) { $0.value.i32 = -70_000 } == -70_000)
        #expect(value(AMQP_FIELD_KIND_U32) { $0.value.u32 = 4_000_000_000 } == 4_000_000_000)
        #expect(value(AMQP_FIELD_KIND_U64) { $0.value.u64 = 5 } == 5)
        #expect(value(AMQP_FIELD_KIND_U64) { $0.value.u64 = .max } == .double(Double(UInt64.max)))
        #expect(value(AMQP_FIELD_KIND_F32) { $0.value.f32 = 0.5 } == 0.5)
        #expect(value(AMQP_FIELD_KIND_DECIMAL) { $0.value.decimal = amqp_decimal_t(decimals: 2, value: 1250) } == 12.5)
        #expect(value(AMQP_FIELD_KIND_VOID) { _ in } == .null)
        var broken: [UInt8] = [0xff, 0xfe, 0x41]
        broken.withUnsafeMutableBytes { bytes in
            let decoded = value(AMQP_FIELD_KIND_UTF8) { $0.value.bytes = amqp_bytes_t(len: bytes.count, bytes: bytes.baseAddress) }
            #expect(decoded == .bytes([0xff, 0xfe, 0x41]))
        }
    }

    @Test("A table is edited by name and compared without regard to order")
    func editing() {
        var table: AMQPTable = ["a": 1, "b": 2]
        table["c"] = 3
        table["a"] = nil
        table["b"] = "two"
        #expect(table == ["c": 3, "b": "two"])
        #expect(table["a"] == nil)
        #expect(table != ["c": 3])
    }

    @Test("What the protocol cannot carry is refused before anything is sent")
    func unencodable() async throws {
        let long = String(repeating: "x", count: 256)
        let tooBig: AMQPTable = ["big": .string(String(repeating: "x", count: 200_000))]
        let unusable: [AMQPProperties] = [.init(messageID: long), .init(headers: [long: 1]), .init(headers: tooBig)]
        try await withConnection { connection async throws in
            for properties in unusable {
                let refused = AMQPMessage(exchange: "", routingKey: "q", properties: properties, body: [])
                await #expect(throws: AMQPError.self) { try await connection.publish([refused]) }
            }
            await #expect(throws: AMQPError.self) { try await connection.publish([AMQPMessage(exchange: "", routingKey: long, body: [])]) }
            await #expect(throws: AMQPError.self) { try await connection.inspect(queue: long) }
        }
    }

    @Test("Arrays that lie thousands deep in each other are cut off, and a connection's thread can decode a frame that is full of them")
    func depth() async throws {
        let levels = 26_000
        let fields = UnsafeMutablePointer<amqp_field_value_t>.allocate(capacity: levels)
        defer { fields.deallocate() }
        for level in 0..<levels {
            var field = amqp_field_value_t()
            field.kind = UInt8(AMQP_FIELD_KIND_ARRAY.rawValue)
            field.value.array = amqp_array_t(num_entries: level == levels - 1 ? 0 : 1, entries: fields + level + 1)
            fields[level] = field
        }
        var value = AMQPValue(wire: fields[0])
        var depth = 0
        while case .array(let elements) = value, let inner = elements.first {
            value = inner
            depth += 1
        }
        #expect(depth == AMQPValue.deepest)
        #expect(value == .null)
    }
}
