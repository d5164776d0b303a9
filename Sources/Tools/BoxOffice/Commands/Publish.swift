import AMQP
import ArgumentParser
import Contracts
import FoundationEssentials
import Platform

/// Publishes an event by hand.
struct Publish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Publish an event, as the web shop would.")

    @Argument(help: "The type, as ride.completed.") var type: String
    @Option(help: "The data object, JSON.") var data: String
    @Option(help: "The message's id; the same id is processed once. A fresh one by default.") var id: String?
    @Flag(help: "Publish it even if it breaks its schema; it will be parked.") var unchecked = false

    func validate() throws {
        let message = try message()
        guard JSONObjectScanner(Array(data.utf8)) != nil else { throw ValidationError("--data is not a JSON object.") }
        guard !unchecked else { return }
        do {
            _ = try message.decode(Array(data.utf8)[...])
        } catch {
            throw ValidationError("--data breaks the schema of \(message.type): \(error)")
        }
    }

    func run() async throws {
        let type = try message().type
        let id = id ?? OutgoingMessage.newID()
        let event = OutgoingMessage(
            type: type, data: data, exchange: Exchange.events, routingKey: type.rawValue, from: "boxoffice", at: Date(), id: id)
        let outcome = try await Connections.withBroker { broker in
            try await Self.demandQueues(of: type, broker)
            do {
                return try await broker.publish([event.amqp]).first
            } catch let error as AMQPError where error.leavesOutcomeOpen {
                throw Failure(
                    "\(error). Whether \(type) will be published after all is not known: the broker may have it in hand. Publish it again with "
                        + "--id \(id), so that it is processed once.")
            }
        }
        try Connections.demand(outcome, unroutable: "no queue takes \(type): no queue is bound to it")
        Terminal.say("\(type) published as \(id)")
    }

    /// Refuses to publish an event that one of its readers would not receive: the broker reports a message as
    /// unroutable only if no reader at all has a queue.
    private static func demandQueues(of type: MessageType, _ broker: AMQPConnection) async throws {
        for reader in MessageRoute.readers(of: type) {
            let queue = QueueName.events(of: reader)
            guard try await broker.inspect(queue: queue) == nil else { continue }
            throw Failure("no queue takes \(type): the queue \(queue) is not there. Start \(reader) once, then publish it.")
        }
    }

    /// The type by its name, with or without its prefix on the wire.
    private func message() throws -> any Message.Type {
        let wanted = MessageType(wireType: type) ?? MessageType(rawValue: type)
        guard wanted != Tick.type else { throw ValidationError("A tick starts a job: boxoffice trigger JOB.") }
        guard let message = Messages.all.first(where: { $0.type == wanted }) else {
            let known = MessageType.all.filter { $0 != Tick.type }.map(\.rawValue).sorted()
            throw ValidationError("There is no type \(wanted). The types are:\n  \(known.joined(separator: "\n  "))")
        }
        return message
    }
}

extension AMQPError {
    /// Whether a message that was being published may have been accepted, or may still be accepted.
    fileprivate var leavesOutcomeOpen: Bool {
        switch self {
        case .blocked, .timeout, .connectionLost: true
        default: false
        }
    }
}
