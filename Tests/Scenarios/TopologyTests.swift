import AMQP
import Contracts
import Foundation
import Platform
import Support
import Testing

@testable import Analytics
@testable import Bookings
@testable import Events
@testable import LoyaltyNotifier
@testable import Maintenance
@testable import Marketing
@testable import Payments
@testable import TicketsCache

@Suite("The declared topology is the document's")
struct TopologyTests {
    @Test("What the services declare is what Contracts/asyncapi.yaml says, and nothing else")
    func declared() throws {
        let settings = Settings([
            "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x", "AMQP_URL": "amqp://u:p@127.0.0.1:1/", "BYTEMARK_URL": "http://127.0.0.1:1",
            "PUSH_URL": "http://127.0.0.1:1", "PAYMENT_GATEWAY_URL": "http://127.0.0.1:1", "PAYMENT_GATEWAY_KEY": "x", "SMTP_HOST": "127.0.0.1",
            "SMTP_FROM": "tickets@boxoffice.example", "FRONTEND_URL": "http://127.0.0.1:1",
            "UNSUBSCRIBE_URL": "http://127.0.0.1:1", "UNSUBSCRIBE_KEY": String(repeating: "x", count: 32),
        ])
        var declared = AMQPTopology()
        declared.merge(try ServiceHost(TicketsCache.self, settings: settings).topology.topology)
        declared.merge(try ServiceHost(LoyaltyNotifier.self, settings: settings).topology.topology)
        declared.merge(try ServiceHost(Payments.self, settings: settings).topology.topology)
        declared.merge(try ServiceHost(Bookings.self, settings: settings).topology.topology)
        declared.merge(try ServiceHost(Events.self, settings: settings).topology.topology)
        declared.merge(try ServiceHost(Marketing.self, settings: settings).topology.topology)
        declared.merge(try ServiceHost(Maintenance.self, settings: settings).topology.topology)
        declared.merge(try ServiceHost(Analytics.self, settings: settings).topology.topology)
        let document = try JSONDecoder().decode(Document.self, from: SchemaValidator.ask("topology"))

        #expect(
            Set(declared.exchanges.map { "\($0.name) \($0.kind.rawValue) \($0.durable)" })
                == Set(document.exchanges.map { "\($0.name) \($0.type) \($0.durable)" }))
        #expect(Set(declared.queues.map(Self.text)) == Set(document.queues.map(Self.text)))
        #expect(
            Set(declared.bindings.map { "\($0.queue) \($0.exchange) \($0.routingKey)" })
                == Set(document.bindings.map { "\($0.queue) \($0.exchange) \($0.routingKey)" }))
    }

    @Test("Who publishes and who reads each event is what Contracts/asyncapi.yaml says")
    func routes() throws {
        let document = try JSONDecoder().decode(Document.self, from: SchemaValidator.ask("topology"))
        let bound = Dictionary(grouping: document.bindings.filter { $0.exchange == "boxoffice.events" }, by: \.routingKey)
        #expect(Set(MessageRoute.all.map(\.type.rawValue)) == Set(document.publishers.keys))
        for route in MessageRoute.all {
            let key = route.type.rawValue
            #expect(document.publishers[key] == .some(route.publisher), "\(key)")
            #expect(Set(route.readers.map { "\($0).events" }) == Set((bound[key] ?? []).map(\.queue)), "\(key)")
        }
    }

    private struct Document: Decodable {
        struct Exchange: Decodable {
            let name: String
            let type: String
            let durable: Bool
        }
        struct Queue: Decodable {
            let name: String
            let durable: Bool
            let arguments: [String: Argument]
        }
        struct Binding: Decodable {
            let queue: String
            let exchange: String
            let routingKey: String
        }
        let publishers: [String: String?]
        let exchanges: [Exchange]
        let queues: [Queue]
        let bindings: [Binding]
    }

    /// A text or a number.
    private struct Argument: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) { text = "\(number)" } else { text = try container.decode(String.self) }
        }
    }

    private static func text(_ queue: AMQPTopology.Queue) -> String {
        let arguments = queue.arguments.map { "\($0.name)=\($0.value.string ?? $0.value.int.map(String.init) ?? "?")" }
        return "\(queue.name) \(queue.durable) \(arguments.sorted())"
    }

    private static func text(_ queue: Document.Queue) -> String {
        "\(queue.name) \(queue.durable) \(queue.arguments.map { "\($0.key)=\($0.value.text)" }.sorted())"
    }
}
