import AMQP
import Contracts
import Foundation
import Platform
import Support
import Testing

extension TestEnvironment {
    /// Listens to everything that is published while the body runs, ticks and events, and asks the schemas of `Contracts/` about each message.
    /// - Returns: the routing keys that were heard.
    @discardableResult
    func judged(_ body: () async throws -> Void) async throws -> Set<String> {
        let listener = "listener"
        try await broker.declare(
            .init(
                queues: [.init(listener, exclusive: true)],
                bindings: [Exchange.events, Exchange.ticks].map { .init(queue: listener, exchange: $0, routingKey: "#") }))
        try await body()
        let heard = try await take(listener)
        try await broker.delete(queue: listener)

        let verdicts = try SchemaValidator.verdicts(
            heard.map {
                .init(message: $0.exchange == Exchange.ticks ? "tick" : $0.routingKey, json: String(decoding: $0.body, as: UTF8.self))
            })
        #expect(verdicts.count == heard.count)
        for (delivery, verdict) in zip(heard, verdicts) {
            #expect(verdict == nil, "\(delivery.routingKey): \(String(decoding: delivery.body, as: UTF8.self))")
            let event = try JSONDecoder().decode(ReceivedMessage.self, from: Data(delivery.body))
            #expect(delivery.properties.contentType == "application/cloudevents+json")
            #expect(delivery.properties.messageID == event.id)
            #expect(delivery.properties.persistent)
            #expect(delivery.properties.headers[MessageHeader.traceparent]?.string == event.traceparent)
            #expect(TraceContext(traceparent: event.traceparent) != nil)
            let type = delivery.exchange == Exchange.ticks ? "com.boxoffice.tick" : "com.boxoffice.\(delivery.routingKey)"
            #expect(event.type == type)
        }
        return Set(heard.map(\.routingKey))
    }
}

/// What the body of every message repeats of its properties.
private struct ReceivedMessage: Decodable {
    let id: String
    let type: String
    let traceparent: String
}
