import AMQP
import Contracts
import FoundationEssentials

/// A tick as a service receives it: from the scheduler, from a console, or published by hand with an empty body.
@dynamicMemberLookup
struct IncomingTick: Sendable {
    /// The identity of the run: `<job>@<scheduledFor>`, or the message's own id.
    let id: String
    /// What it says; a tick that was published by hand is a manual trigger.
    private let data: Tick
    let trace: TraceContext?
    /// The body of a message that came without an id and was given one here: it identifies the run when the broker
    /// redelivers that message.
    let bodyWithoutID: String?
    /// Whether the broker may have delivered it before.
    let isRedelivery: Bool

    subscript<Value>(dynamicMember member: KeyPath<Tick, Value>) -> Value { data[keyPath: member] }

    /// Reads a delivery of a tick queue. An empty body or `{}` is a manual trigger of the routing key, now.
    /// - Throws: ``Envelope/Unreadable`` or a ``ContractViolation``.
    init(_ delivery: AMQPDelivery, now: Date) throws {
        let body = Envelope.body(of: delivery)
        isRedelivery = delivery.redelivered
        guard Envelope.binaryModePrefix(delivery) == nil, let byHand = try Self.dataByHand(body) else {
            let envelope = try Envelope(delivery)
            guard envelope.type == Tick.type else { throw Envelope.Unreadable("the type is \(envelope.type), but a tick queue takes \(Tick.type)") }
            (id, data, trace, bodyWithoutID) = (envelope.id, try Tick.decode(envelope.data), envelope.trace, nil)
            try Self.check(data)
            return
        }
        data = try Tick(byHand: byHand, job: JobName(rawValue: Envelope.originalRoutingKey(delivery)), now: now)
        trace = delivery.properties.headers[MessageHeader.traceparent]?.string.flatMap(TraceContext.init(traceparent:))
        if let id = delivery.properties.messageID, !id.isEmpty {
            self.id = try Envelope.checked(id, "message_id")
            bodyWithoutID = nil
        } else {
            // The identity of a new trigger. Its copies in the delay queues have it, too; a redelivery by the broker
            // continues the run of the first delivery.
            id = Tick.id(data.job, OutgoingMessage.newID(at: now))
            bodyWithoutID = Self.isEmpty(body) ? "" : String(decoding: body, as: UTF8.self)
        }
    }

    /// The data object of a trigger that a person wrote; nil for a CloudEvent.
    private static func dataByHand(_ body: ArraySlice<UInt8>) throws -> MessageData? {
        if isEmpty(body) { return try MessageData(Array("{}".utf8)[...]) }
        guard let members = JSONObjectScanner(body), members.string("specversion") == nil else { return nil }
        return try MessageData(body)
    }

    /// A period must not end before it begins.
    private static func check(_ tick: Tick) throws(ContractViolation) {
        if let previous = tick.previousFireTime, previous >= tick.scheduledFor {
            throw ContractViolation(path: "previousFireTime", found: RFC3339.string(from: previous), expected: "an instant before scheduledFor")
        }
        if let next = tick.nextFireTime, next <= tick.scheduledFor {
            throw ContractViolation(path: "nextFireTime", found: RFC3339.string(from: next), expected: "an instant after scheduledFor")
        }
    }

    /// Whether a newer tick of the same job makes this one unnecessary.
    var isSupersedable: Bool { (data.misfire ?? .latest) == .latest && data.trigger == .schedule && data.slice == nil && !data.dryRun }

    /// Whether it is processed however late it is, and so waits where another tick of its job would be skipped.
    var waitsForItsTurn: Bool { data.misfire == .all && data.trigger == .schedule && data.slice == nil }

    private static func isEmpty(_ body: ArraySlice<UInt8>) -> Bool {
        let text = body.filter { $0 > 0x20 }
        return text.isEmpty || text == Array("{}".utf8)
    }
}

extension Tick {
    /// A manual trigger that a person wrote: every member is optional.
    fileprivate init(byHand data: MessageData, job: JobName, now: Date) throws(ContractViolation) {
        self.init(
            job: job, scheduledFor: data.has("scheduledFor") ? try data.instant("scheduledFor") : now, trigger: .manual,
            dryRun: data.has("dryRun") ? try data.boolean("dryRun") : false,
            parameters: data.has("parameters") ? try data.texts("parameters") : [:])
    }
}
