import AMQP
import ArgumentParser
import Contracts
import FoundationEssentials
import Migrations
import Platform

/// Lists, replays and drops messages that could not be processed.
struct Parked: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, show, replay or drop messages that could not be processed.",
        subcommands: [List.self, Show.self, Replay.self, Drop.self], defaultSubcommand: List.self)

    /// The selected messages.
    struct Selection: ParsableArguments {
        @Argument(help: "The ids of messages, as `parked list` shows them.") var ids: [String] = []
        @Flag(help: "All of them.") var all = false
        @Option(help: "Only those of this service.") var service: String?
        @Option(help: "With --all: only those whose reason matches this regular expression.") var reason: String?

        static let nothing = Failure("No such message is parked.")

        func validate() throws {
            guard all != !ids.isEmpty else { throw ValidationError("Say which messages: their ids, or --all.") }
            guard let reason else { return }
            guard all else { throw ValidationError("--reason chooses among all messages: give --all with it, and no ids.") }
            do {
                _ = try Regex(reason)
            } catch {
                throw ValidationError("--reason is not a regular expression: \(error)")
            }
        }

        /// Does something with the selected messages while all are fetched; the others, and those that it leaves, stay
        /// parked.
        func use<Result: Sendable>(_ body: @escaping @Sendable ([ParkedMessage], Parking) async throws -> Result) async throws -> Result {
            try await Connections.withBroker { broker in
                let parking = Parking(broker, service: service)
                let selected = try select(try await parking.open())
                guard all || !selected.isEmpty else {
                    try await parking.close()
                    throw Self.nothing
                }
                let result = try await body(selected, parking)
                try await parking.close()
                return result
            }
        }

        private func select(_ messages: [ParkedMessage]) throws -> [ParkedMessage] {
            guard all else { return messages.filter { ids.contains($0.id) } }
            guard let reason else { return messages }
            let pattern = try Regex(reason)
            return messages.filter { $0.reason.contains(pattern) }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the parked messages of all services.")
        @Option(help: "Only those of this service.") var service: String?
        @Flag(help: "As a JSON array.") var json = false

        func run() async throws {
            let service = service
            let messages = try await Connections.withBroker { try await Parking.look($0, service: service) }
            if json { return Terminal.say(json: try ParkedMessage.json(messages)) }
            Terminal.table(
                ["id", "service", "message", "attempts", "parked at", "reason"],
                messages.map { [$0.id, $0.service, $0.subject, "\($0.attempts)", $0.parkedAt, $0.reason] })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show parked messages whole.")
        @OptionGroup var selection: Selection

        func run() async throws {
            let messages = try await selection.use { messages, _ in messages }
            guard !messages.isEmpty else { throw Selection.nothing }
            for message in messages { message.show() }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put parked messages back into the queue they came from, as new.")
        @OptionGroup var selection: Selection

        func run() async throws {
            let isComplete = try await selection.use { messages, parking in
                let count = try await parking.replay(messages)
                Terminal.say("\(count) message\(count == 1 ? "" : "s") replayed")
                return count == messages.count
            }
            guard isComplete else { throw ExitCode.failure }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Drop parked messages for ever.")
        @OptionGroup var selection: Selection

        func run() async throws {
            try await selection.use { messages, parking in
                parking.drop(messages)
                Terminal.say("\(messages.count) message\(messages.count == 1 ? "" : "s") dropped")
            }
        }
    }
}
