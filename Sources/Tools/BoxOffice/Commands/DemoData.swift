import AMQP
import ArgumentParser
import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Creates a realistic data set.
struct DemoData: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a company: users with transit passes and rides, organizers, events, bookings and payments in every state.",
        discussion: """
            The same seed makes the same, and a second call adds nothing twice. Rides are published as messages, some of them twice. With \
            SANDBOX_URL set, the sandbox is told of the passes and of what the payment gateway knows. For development only: it writes as the \
            web shop would, and what the services would have done since.
            """)

    @Option(help: "How many users.") var users = 5000
    @Option(help: "How many bookings.") var bookings = 10_000
    @Option(help: "What the data are made from.") var seed = 1
    @Option(help: "So many times as many of everything.") var scale = 1
    @Option(help: "The instant that times are counted back from, as 2027-03-14T02:00:00Z. By default the hour that has begun.") var now: String?

    /// The number of users written in one transaction.
    private static let portion = 5000

    func validate() throws {
        guard users > 0, scale > 0, users <= 10_000_000, users * scale <= 100_000_000 else {
            throw ValidationError("--users and --scale must be more than 0, and not more than 100 million users together.")
        }
        guard bookings > 0, bookings <= 10_000_000, bookings * scale <= 100_000_000 else {
            throw ValidationError("--bookings must be more than 0, and not more than 100 million together with --scale.")
        }
        _ = try instant()
    }

    func run() async throws {
        let now = try instant()
        let company = try DemoCompany(seed: seed, now: now, users: users * scale, bookings: bookings * scale)
        try await Connections.withDatabase { database in
            try await SandboxControl.open { sandbox in
                let rows = DemoRows(database: database)
                try await writeUsers(rows, now)
                try await tell(sandbox, tokens: max(company.users, try await rows.highestToken()))
                let opening = DemoInitialState(company: company, dataset: DemoDataset(database: database), sandbox: sandbox)
                Terminal.say(lines: try await opening.write().lines)
                try await publishRides(of: company.users, rows, now)
            }
        }
    }

    private func instant() throws -> Date {
        guard let now else { return Date(timeIntervalSince1970: (Date().timeIntervalSince1970 / .hour).rounded(.down) * .hour) }
        guard let instant = RFC3339.date(from: now) else { throw ValidationError("--now \(now) is no instant like 2027-03-14T02:00:00Z.") }
        return instant
    }

    private func writeUsers(_ rows: DemoRows, _ now: Date) async throws {
        let count = users * scale
        var written = DemoRows.Written()
        for first in stride(from: 1, through: count, by: Self.portion) {
            let portion = (first...min(first + Self.portion - 1, count)).map { DemoUser($0, seed: seed, now: now) }
            written = written + (try await rows.write(portion, now: now))
        }
        Terminal.say("users      \(written.users) made, \(count - written.users) were there; \(written.tokens) have a Bytemark token")
        Terminal.say("refreshes  \(written.now) for now, \(written.due) scheduled and due, \(written.later) for later")
    }

    private func tell(_ sandbox: SandboxControl?, tokens: Int) async throws {
        guard let sandbox else { return Terminal.say("passes     SANDBOX_URL is not set: nobody was told of them") }
        try await sandbox.order("bytemark/tokens", PassOrder(tokens: [], generate: .init(tokens: tokens, seed: seed)))
        Terminal.say("passes     the sandbox has those of \(tokens) tokens")
    }

    private func publishRides(of count: Int, _ rows: DemoRows, _ now: Date) async throws {
        let seed = seed
        let sum = try await Connections.withBroker { broker in
            var sum = Published()
            for first in stride(from: 1, through: count, by: 500) {
                let users = (first...min(first + 499, count)).map { DemoUser($0, seed: seed, now: now) }.filter { $0.rides > 0 }
                let rides = DemoRides(seed: seed, users: users)
                let counted = try await rows.counted(rides.ids)
                let (messages, repeated) = try rides.messages(except: counted, now: now)
                let outcomes = messages.isEmpty ? [] : try await broker.publish(messages)
                sum.messages += messages.count
                sum.repeated += repeated
                sum.taken += outcomes.count { $0 == .confirmed }
                sum.counted += counted.count
                sum.riders += users.count
                sum.rewarded += users.count { $0.rides >= 50 }
            }
            return sum
        }
        let rides = "\(sum.messages - sum.repeated) published for \(sum.riders) riders, \(sum.repeated) of them twice"
        Terminal.say("rides      \(rides); \(sum.counted) were counted before; \(sum.rewarded) riders reach 50 or more")
        guard sum.taken < sum.messages else { return }
        throw Failure("\(sum.messages - sum.taken) rides were not taken: no queue is bound to ride.completed; is loyalty-notifier deployed?")
    }

    private struct Published: Sendable {
        var messages = 0
        var repeated = 0
        var taken = 0
        var counted = 0
        var riders = 0
        var rewarded = 0
    }

    /// The body of `POST /_sandbox/bytemark/tokens`.
    private struct PassOrder: Encodable {
        struct Generate: Encodable {
            let tokens: Int
            let seed: Int
        }
        let tokens: [String]
        let generate: Generate
    }
}
