import AMQP
import ArgumentParser
import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Decides about payments on which gateway and database disagree.
struct PaymentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payment",
        abstract: "List the payments that a person has to decide about, accept what was taken, or give it back.",
        discussion: """
            A payment waits for a person when the gateway took another amount or currency than was asked for, says something that nobody here \
            understands, or has not answered for a day; or when the gateway refused a refund, which give-back asks for again. Look it up at the \
            gateway first. A decision is a message to the payments service.
            """,
        subcommands: [List.self, Accept.self, GiveBack.self], defaultSubcommand: List.self)

    /// The payment, and the person who decides.
    struct Choice: ParsableArguments {
        @Argument(help: "The payment's reference, as the gateway knows it.") var reference: String
        @Option(help: "Who decides; the user who is logged in by default.") var by: String?
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the payments that wait for a decision.")
        @Flag(help: "As a JSON array.") var json = false

        func run() async throws {
            let waiting = try await Connections.withDatabase { try await $0.query(WaitingPayment.all, as: WaitingPayment.self) }
            if json { return Terminal.say(json: String(decoding: try WireCoding.encodeJSON(waiting), as: UTF8.self)) }
            Terminal.table(
                ["reference", "booking", "status", "is of", "the gateway took", "since", "why"],
                waiting.map {
                    [$0.reference, $0.booking ?? "", $0.status, $0.asked, $0.taken ?? "not known", $0.since ?? "", $0.reason]
                })
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What the gateway took pays for the booking.",
            discussion: "If the booking has lost its tickets meanwhile, the money goes back.")
        @OptionGroup var choice: Choice

        func run() async throws { try await PaymentCommand.decide(.accept, choice) }
    }

    struct GiveBack: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "give-back", abstract: "Whatever the gateway took, or will take, goes back, and the booking is cancelled.",
            discussion: "Of a payment whose refund the gateway refused, that refund is asked for again.")
        @OptionGroup var choice: Choice

        func run() async throws { try await PaymentCommand.decide(.giveBack, choice) }
    }

    private static func decide(_ decision: PaymentDecided.Decision, _ choice: Choice) async throws {
        let waiting = try await Connections.withDatabase {
            try await $0.query(WaitingPayment.all, as: WaitingPayment.self).filter { $0.reference == choice.reference }
        }
        guard !waiting.isEmpty else {
            throw Failure("no payment with the reference \(choice.reference) waits for a decision: boxoffice payment list")
        }
        guard decision == .giveBack || waiting.contains(where: { !$0.isRefund }) else {
            throw Failure("money of payment \(choice.reference) could not go back: boxoffice payment give-back asks the gateway again")
        }
        let decided = PaymentDecided(
            reference: choice.reference, decision: decision, decidedBy: choice.by ?? CurrentUser.name(Settings.environment()), decidedAt: Date())
        try await Connections.publish(
            try OutgoingMessage(decided, from: "boxoffice", at: Date()),
            unroutable: "no queue takes \(PaymentDecided.type): the payments service has no queue yet")
        Terminal.say("payment \(choice.reference): \(decision.rawValue) is on its way to the payments service")
    }
}
