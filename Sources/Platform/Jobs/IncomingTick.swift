import AMQP
import Contracts
import FoundationEssentials

/// A tick as a service receives it: from the scheduler, from a console, or published by hand with an empty body.
struct IncomingTick: Sendable {
    /// The identity of the run: `<job>@<scheduledFor>`, or the message's own id.
    let id: String
    let job: JobName
    let scheduledFor: Date
    let trigger: Tick.Trigger
    let dryRun: Bool
    let parameters: [String: String]
    let misfire: Tick.Misfire
    /// The run and slice that it continues; nil when it starts a run.
    let slice: Tick.Slice?
    /// The fire times of the schedule around `scheduledFor`, as its publisher knows them.
    let previousFireTime: Date?
    let nextFireTime: Date?
    let trace: TraceContext?
    /// The body of a message that came without an id and was given one here: it identifies the run when the broker
    /// redelivers that message.
    let bodyWithoutID: String?
    /// Whether the broker may have delivered it before.
    let isRedelivery: Bool

    /// Reads a delivery of a tick queue. An empty body or `{}` is a manual trigger of the routing key, now.
    /// - Throws: ``Envelope/Unreadable`` or a ``ContractViolation``.
    init(_ delivery: AMQPDelivery, now: Date) throws {
        let body = Envelope.body(of: delivery)
        if Envelope.binaryModePrefix(delivery) == nil, Self.isEmpty(body) {
            try self.init(byHand: ByHand(), delivery, now)
        } else if Envelope.binaryModePrefix(delivery) == nil, let spans = JSONObjectScanner(body), spans.string("specversion") == nil {
            try self.init(byHand: ByHand(MessageData(body)), delivery, now)
        } else {
            let envelope = try Envelope(delivery)
            guard envelope.type == Tick.type else { throw Envelope.Unreadable("the type is \(envelope.type), but a tick queue takes \(Tick.type)") }
            let tick = try Tick.decode(envelope.data)
            try Self.check(tick)
            self.init(id: envelope.id, tick: tick, trace: envelope.trace, isRedelivery: delivery.redelivered)
        }
    }

    private init(id: String, tick: Tick, trace: TraceContext?, isRedelivery: Bool) {
        self.id = id
        self.job = tick.job
        self.scheduledFor = tick.scheduledFor
        self.trigger = tick.trigger
        self.dryRun = tick.dryRun
        self.parameters = tick.parameters
        self.misfire = tick.misfire ?? .latest
        self.slice = tick.slice
        self.previousFireTime = tick.previousFireTime
        self.nextFireTime = tick.nextFireTime
        self.trace = trace
        self.bodyWithoutID = nil
        self.isRedelivery = isRedelivery
    }

    private init(byHand: ByHand, _ delivery: AMQPDelivery, _ now: Date) throws {
        let job = JobName(rawValue: Envelope.originalRoutingKey(delivery))
        if let id = delivery.properties.messageID, !id.isEmpty {
            self.id = try Envelope.checked(id, "message_id")
            self.bodyWithoutID = nil
        } else {
            // The identity of a new trigger. Its copies in the delay queues have it, too; a redelivery by the broker
            // continues the run of the first delivery.
            self.id = "\(job.rawValue)@\(OutgoingMessage.newID(at: now))"
            self.bodyWithoutID = Self.isEmpty(Envelope.body(of: delivery)) ? "" : String(decoding: Envelope.body(of: delivery), as: UTF8.self)
        }
        self.isRedelivery = delivery.redelivered
        self.job = job
        self.scheduledFor = byHand.scheduledFor ?? now
        self.trigger = .manual
        self.dryRun = byHand.dryRun
        self.parameters = byHand.parameters
        self.misfire = .latest
        self.slice = nil
        self.previousFireTime = nil
        self.nextFireTime = nil
        self.trace = delivery.properties.headers[MessageHeader.traceparent]?.string.flatMap(TraceContext.init(traceparent:))
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
    var isSupersedable: Bool { misfire == .latest && trigger == .schedule && slice == nil && !dryRun }

    /// Whether it is processed however late it is, and so waits where another tick of its job would be skipped.
    var waitsForItsTurn: Bool { misfire == .all && trigger == .schedule && slice == nil }

    private static func isEmpty(_ body: ArraySlice<UInt8>) -> Bool {
        let text = body.filter { $0 > 0x20 }
        return text.isEmpty || text == Array("{}".utf8)
    }

    /// The data of a trigger that a person wrote: every member is optional.
    private struct ByHand {
        var scheduledFor: Date?
        var dryRun = false
        var parameters: [String: String] = [:]

        init() {}

        init(_ data: MessageData) throws(ContractViolation) {
            if data.has("scheduledFor") { scheduledFor = try data.instant("scheduledFor") }
            if data.has("dryRun") { dryRun = try data.boolean("dryRun") }
            if data.has("parameters") { parameters = try data.texts("parameters") }
        }
    }
}
