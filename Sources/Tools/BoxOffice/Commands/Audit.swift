import ArgumentParser
import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Holds the books of events, bookings and payments against each other.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that tickets, bookings and money fit together; exit 1 when they do not.",
        discussion: """
            One line for each breach of operations.conservation(): which rule, of what, and the figures. The books balance once all queues are \
            empty; while services are at work, a cancelled booking's tickets may still be on their way back. Nothing is changed.
            """)

    @Option(help: "At most so many breaches are shown.") var limit = 100
    @Flag(help: "As a JSON array.") var json = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be more than 0.") }
    }

    func run() async throws {
        let breaches = try await Wires.withDatabase { try await $0.query(Self.breaches, as: Breach.self) }
        if json {
            Terminal.say(json: String(decoding: try WireCoding.encodeJSON(Array(breaches.prefix(limit))), as: UTF8.self))
        } else if breaches.isEmpty {
            Terminal.say("the books balance")
        } else {
            Terminal.table(["rule", "of", "what"], breaches.prefix(limit).map { [$0.rule, $0.subject, $0.detail] })
            if breaches.count > limit { Terminal.say("and \(breaches.count - limit) more") }
        }
        guard breaches.isEmpty else { throw ExitCode.failure }
    }

    private struct Breach: Codable, Sendable {
        let rule: String
        let subject: String
        let detail: String
    }

    private static let breaches: SQL = "select rule, subject, detail from operations.conservation()"
}
