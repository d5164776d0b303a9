import AMQP
import FoundationEssentials
import Platform
import Support

/// Makes messages as a stranger might: mostly right, with something wrong in body, properties or headers.
struct MessageFuzzer {
    private var random: SplitMix64
    private var number = 0

    init(_ random: SplitMix64) { self.random = random }

    /// One for a queue, by its exchange or straight into it.
    mutating func message(for queue: String) -> AMQPMessage {
        number += 1
        let isTick = queue.hasSuffix(".ticks")
        let service = String(queue.split(separator: ".").first ?? "")
        let keys = isTick ? Samples.jobs[service] : Samples.types[service]
        let key = keys?.randomElement(using: &random) ?? "nothing"
        var properties = AMQPProperties(messageID: "fuzz-\(number)")
        let body = body(key, isTick)
        for _ in 0..<Int.random(in: 0...3, using: &random) { spoil(&properties) }
        // Straight into the queue: an event of several readers would come to all of them.
        return AMQPMessage(exchange: "", routingKey: queue, properties: routed(properties, key, isTick), body: body)
    }

    /// Says by which key it was published, as the copies of the house do, unless chance has said something already.
    private func routed(_ properties: AMQPProperties, _ key: String, _ isTick: Bool) -> AMQPProperties {
        var properties = properties
        if properties.headers[MessageHeader.routingKey] == nil { properties.headers[MessageHeader.routingKey] = .string(key) }
        return properties
    }

    // MARK: - Bodies

    private mutating func body(_ key: String, _ isTick: Bool) -> [UInt8] {
        let data = data(isTick ? Samples.tick(key) : Samples.data[key] ?? "{}")
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return []
        case 1: return (0..<Int.random(in: 1...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        case 2: return Array(String(repeating: "[", count: 100_000).utf8)
        case 3: return Array((String(repeating: #"{"a":"#, count: 600) + "1" + String(repeating: "}", count: 600)).utf8)
        case 4: return [0xEF, 0xBB, 0xBF] + Array(data.utf8)
        case 5: return [0xFF, 0xFE] + data.utf8.flatMap { [$0, 0] }
        case 6: return [0x1F, 0x8B, 8, 0] + Array(data.utf8)
        case 7: return Array(data.utf8.prefix(Int.random(in: 0...data.utf8.count, using: &random)))
        case 8:
            var bytes = Array(data.utf8)
            for _ in 0..<3 { bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            return bytes
        case 9...11: return Array(data.utf8)
        default: return Array(event(isTick ? "tick" : key, data).utf8)
        }
    }

    private mutating func event(_ type: String, _ data: String) -> String {
        var members = [
            ("specversion", #""1.0""#), ("id", #""fuzz-\#(number)""#), ("source", #""/fuzz""#), ("type", #""com.boxoffice.\#(type)""#),
            ("data", data),
        ]
        if Int.random(in: 0..<3, using: &random) == 0 {
            members[Int.random(in: members.indices, using: &random)].1 = value()
        }
        if Int.random(in: 0..<10, using: &random) == 0 { members.append(("traceparent", value())) }
        return "{" + members.map { #""\#($0.0)":\#($0.1)"# }.joined(separator: ",") + "}"
    }

    /// A data object with perhaps one member that is something else.
    private mutating func data(_ sample: String) -> String {
        guard Bool.random(using: &random) else { return sample.replacing(";", with: ",") }
        let members = sample.dropFirst().dropLast().split(separator: ";")
        guard let spoilt = members.indices.randomElement(using: &random) else { return sample.replacing(";", with: ",") }
        let other = value()
        let text = members.indices.map { index in
            index == spoilt ? (members[index].split(separator: ":").first.map(String.init) ?? "") + ":" + other : String(members[index])
        }
        return "{" + text.joined(separator: ",") + "}"
    }

    private mutating func value() -> String {
        if Int.random(in: 0..<100, using: &random) == 0 { return "\"" + String(repeating: "x", count: 100_000) + "\"" }
        return Samples.values.randomElement(using: &random) ?? "null"
    }

    // MARK: - Properties

    private mutating func spoil(_ properties: inout AMQPProperties) {
        let text = Samples.texts.randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<12, using: &random) {
        case 0: properties.contentType = text
        case 1: properties.contentEncoding = text
        case 2: properties.messageID = text
        case 3: properties.correlationID = text
        case 4: properties.appID = text
        case 5: properties.type = text
        case 6: properties.priority = .random(in: 0...255, using: &random)
        case 7: properties.timestamp = Date(timeIntervalSince1970: [-1, 0, 1e12, 1.8e19].randomElement(using: &random) ?? 0)
        case 8: properties.persistent = false
        default:
            let name = Samples.headers.randomElement(using: &random) ?? "x"
            properties.headers[name] = header(depth: 0)
        }
    }

    private mutating func header(depth: Int) -> AMQPValue {
        let text = Samples.texts.randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<(depth < 4 ? 14 : 10), using: &random) {
        case 0: return .bool(true)
        case 1: return .int([.max, .min, -1, 0, 1, 4, 5, 6, 1_000_000].randomElement(using: &random) ?? 0)
        // The broker closes the connection of who publishes what is no number.
        case 2: return .double([-0.0, 1e308, 1e-300, 3].randomElement(using: &random) ?? 0)
        case 3...5: return .string(text)
        case 6: return .bytes((0..<20).map { _ in UInt8.random(in: 0...255, using: &random) })
        case 7: return .timestamp(Date(timeIntervalSince1970: 1.8e19))
        case 8: return .null
        case 9: return .string(String(repeating: "h", count: Int.random(in: 0...60_000, using: &random)))
        case 10: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in header(depth: depth + 1) })
        case 11: return .table(AMQPTable((0..<Int.random(in: 0...3, using: &random)).map { ("k\($0)", header(depth: depth + 1)) }))
        case 12: return (0..<500).reduce(.null) { value, _ in .array([value]) }
        default: return (0..<500).reduce(.null) { value, _ in .table(["t": value]) }
        }
    }
}

/// What the fuzzer makes its messages of. Members of a data object are separated by semicolons, which stand nowhere else in it.
private enum Samples {
    static let types = [
        "tickets-cache": ["tickets.refresh-requested", "tickets.refreshed"], "loyalty-notifier": ["ride.completed"],
        "payments": ["payment.gateway-reported", "booking.cancelled", "booking.refund-approved"],
        "bookings": [
            "payment.succeeded", "payment.failed", "payment.abandoned", "payment.refunded", "payment.refund-failed", "booking.refund-requested",
            "booking.reminded", "booking.followed-up", "event.cancelled",
        ],
        "events": ["booking.cancelled", "booking.refunded", "event.cancelled"],
    ]
    static let jobs = [
        "tickets-cache": ["tickets-cache.refresh", "tickets-cache.refresh-stale"], "loyalty-notifier": ["loyalty-notifier.notify"],
        "payments": ["payments.handle-timeouts", "payments.cleanup-abandoned", "payments.generate-analytics"],
        "bookings": ["bookings.cancel-expired", "bookings.process-refunds", "bookings.generate-daily-report"],
        "events": ["events.update-statuses", "events.send-reminders", "events.generate-analytics"],
    ]

    private static let payment = #""paymentId":7;"bookingId":7;"userId":7;"amount":1000;"currency":"EUR""#
    private static let at = "\"2026-11-25T18:00:00Z\""
    static let data = [
        "tickets.refresh-requested": #"{"userId":7}"#,
        "ride.completed": #"{"userId":7;"rideId":"r-7";"completedAt":\#(at)}"#,
        "payment.gateway-reported": #"{"reference":"T-7";"status":"success";"amount":1000;"currency":"EUR";"occurredAt":\#(at)}"#,
        "payment.succeeded": "{\(payment);\"paidAt\":\(at)}",
        "payment.failed": "{\(payment);\"reason\":\"no\";\"failedAt\":\(at)}",
        "payment.abandoned": "{\(payment);\"abandonedAt\":\(at)}",
        "payment.refunded": "{\(payment);\"cause\":\"approved\";\"refundedAt\":\(at)}",
        "payment.refund-failed": "{\(payment);\"reason\":\"no\";\"failedAt\":\(at)}",
        "booking.cancelled":
            "{\"bookings\":[{\"bookingId\":7,\"eventId\":7,\"userId\":7,\"quantity\":1}];\"reason\":\"x\";\"cancelledAt\":\(at)}",
        "booking.refund-approved": #"{"bookingId":7;"userId":7;"amount":1000;"currency":"EUR";"approvedAt":\#(at)}"#,
        "booking.refund-requested": #"{"bookingId":7;"requestedAt":\#(at)}"#,
        "booking.refunded": #"{"bookingId":7;"eventId":7;"userId":7;"quantity":1;"amount":1000;"currency":"EUR";"refundedAt":\#(at)}"#,
        "booking.reminded": #"{"bookings":[{"bookingId":7}];"kind":"day-before";"remindedAt":\#(at)}"#,
        "booking.followed-up": #"{"bookings":[{"bookingId":7}];"followedUpAt":\#(at)}"#,
        "event.cancelled": #"{"eventId":7;"reason":"storm"}"#,
    ]

    static func tick(_ job: String) -> String {
        #"{"job":"\#(job)";"scheduledFor":\#(at);"trigger":"manual";"dryRun":false;"parameters":{}}"#
    }

    static let values = [
        "null", "true", "false", "0", "-1", "1", "8", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e400", "1e-400", "1.5",
        "1e2", #""""#, #""\u0000""#, #""a\u0000b""#, #""\ud800""#, #""\u202e""#, #""<script>\r\n""#, "[]", "{}", "[[[[1]]]]", #"{"a":{"b":null}}"#,
        #""0000-01-01T00:00:00Z""#, #""0001-01-01T00:00:00Z""#, #""9999-12-31T23:59:59.999999Z""#, #""2026-02-30T00:00:00Z""#, #""infinity""#,
        #""2026-11-25T18:00:00+25:00""#, #""-4713-11-24T00:00:00Z""#, #""XXX""#, #""success""#, #""api""#,
        "[" + String(repeating: "{},", count: 30) + "{}]", String(repeating: "[", count: 400) + String(repeating: "]", count: 400),
        "\"" + String(repeating: "y", count: 600) + "\"", "\"" + String(repeating: "é", count: 2000) + "\"",
    ]
    static let texts = [
        "", "x", "gzip", "deflate", "utf-8", "application/json", "application/cloudevents+json", "\u{0}", "a\u{0}b", "\u{202E}", "é", "🎫",
        String(repeating: "t", count: 255), String(repeating: "é", count: 127), "com.boxoffice.ride.completed", "../../etc", "1.0", "0.3", "\r\n",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-zz", "bookings.events", "payments.handle-timeouts", "-1", "NaN",
    ]
    static let headers = [
        MessageHeader.attempts, MessageHeader.reason, MessageHeader.queue, MessageHeader.exchange, MessageHeader.routingKey, MessageHeader.source,
        MessageHeader.parkedAt, MessageHeader.parkedBy, MessageHeader.traceparent, "x-death", "x-delivery-count", "x-first-death-queue",
        "cloudEvents:specversion", "cloudEvents:id", "cloudEvents:source", "cloudEvents:type", "cloudEvents_specversion", "cloudEvents_type", "other",
        "", "\u{0}", String(repeating: "n", count: 255),
    ]
}
