import ArgumentParser
import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Checks events, bookings and payments against each other.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that tickets, bookings and money fit together; exit 1 when they do not.",
        discussion: """
            One line for each breach of operations.conservation(): which rule, of what, and the figures. The books balance once all queues are \
            empty; while services are at work, a cancelled booking's tickets may still be on their way back. Refunds that the gateway refused are \
            listed as well; they break no rule. Nothing is changed.
            """)

    @Option(help: "At most so many breaches are shown.") var limit = 100
    @Flag(help: "As a JSON array.") var json = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be more than 0.") }
    }

    func run() async throws {
        let limit = limit
        let (breaches, refused) = try await Connections.withDatabase { database in
            (
                try await database.query(Self.breaches, as: Breach.self),
                try await database.query(RefusedRefund.all, as: RefusedRefund.self, limit)
            )
        }
        if json {
            let all = breaches.prefix(limit) + refused.map(Breach.init)
            Terminal.say(json: String(decoding: try WireCoding.encodeJSON(Array(all)), as: UTF8.self))
        } else {
            show(breaches, refused)
        }
        guard breaches.isEmpty else { throw ExitCode.failure }
    }

    private func show(_ breaches: [Breach], _ refused: [RefusedRefund]) {
        if breaches.isEmpty {
            Terminal.say("the books balance")
        } else {
            Terminal.table(["rule", "of", "what"], breaches.prefix(limit).map { [$0.rule, $0.subject, $0.detail] })
            if breaches.count > limit { Terminal.say("and \(breaches.count - limit) more") }
        }
        guard !refused.isEmpty else { return }
        Terminal.say("money that could not go back; look at the gateway, then boxoffice payment give-back REFERENCE:")
        Terminal.table(["reference", "amount", "the gateway says"], refused.map { [$0.reference, $0.amount, $0.reason] })
        if refused.count == limit { Terminal.say("there may be more") }
    }

    private struct Breach: Codable, Sendable {
        let rule: String
        let subject: String
        let detail: String

        init(_ refund: RefusedRefund) {
            rule = "money that could not go back"
            subject = "payment \(refund.reference)"
            detail = "\(refund.amount) refused: \(refund.reason): boxoffice payment give-back \(refund.reference)"
        }
    }

    private static let breaches: SQL = "select rule, subject, detail from operations.conservation()"
}
