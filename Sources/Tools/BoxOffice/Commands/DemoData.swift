import AMQP
import ArgumentParser
import Contracts
import Curl
import FoundationEssentials
import Platform
import Postgres

/// Makes a data set worth looking at.
struct DemoData: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make users with transit passes, refreshes that are due, and rides up to milestones.",
        discussion: """
            The same seed makes the same, and a second call adds nothing twice. Rides are published as messages, some of them twice. With \
            SANDBOX_URL set, the sandbox is told of the passes. For development only: it writes as the web shop would.
            """)

    @Option(help: "How many users.") var users = 5000
    @Option(help: "What the data are made from.") var seed = 1
    @Option(help: "So many times as many of everything.") var scale = 1

    /// Users of one transaction.
    private static let portion = 5000

    func validate() throws {
        guard users > 0, scale > 0, users <= 10_000_000, users * scale <= 100_000_000 else {
            throw ValidationError("--users and --scale must be more than 0, and not more than 100 million users together.")
        }
    }

    func run() async throws {
        let now = Date()
        let count = users * scale
        let seed = seed
        try await Wires.withDatabase { database in
            let rows = DemoRows(database: database)
            var written = DemoRows.Written()
            for first in stride(from: 1, through: count, by: Self.portion) {
                let portion = (first...min(first + Self.portion - 1, count)).map { DemoUser($0, seed: seed, now: now) }
                written = written + (try await rows.write(portion, now: now))
            }
            Terminal.say("users      \(written.users) made, \(count - written.users) were there; \(written.tokens) have a Bytemark token")
            Terminal.say("refreshes  \(written.now) for now, \(written.due) scheduled and due, \(written.later) for later")
            try await tellSandbox(tokens: max(count, try await rows.highestToken()))
            try await publishRides(of: count, rows, now)
        }
    }

    private func tellSandbox(tokens: Int) async throws {
        let settings = Settings.environment()
        guard settings.string("SANDBOX_URL") != nil else { return Terminal.say("passes     SANDBOX_URL is not set: nobody was told of them") }
        let order = PassOrder(tokens: [], generate: .init(tokens: tokens, seed: seed))
        let web = CurlClient(logger: Wires.silent)
        let answer: Result<HTTPResponse, any Error>
        do {
            let request = HTTPRequest(
                .post, url: "\(try settings.url("SANDBOX_URL"))/_sandbox/bytemark/tokens", headers: ["Content-Type": "application/json"],
                body: try WireCoding.encodeJSON(order))
            answer = .success(try await web.send(request))
        } catch {
            answer = .failure(error)
        }
        await web.close()
        let response: HTTPResponse
        do {
            response = try answer.get()
        } catch let error as CurlError {
            throw Failure("the sandbox of SANDBOX_URL does not answer: \(error)")
        }
        guard (200..<300).contains(response.status) else {
            throw Failure("the sandbox refuses the passes: \(response.status) \(String(decoding: response.body, as: UTF8.self))")
        }
        Terminal.say("passes     the sandbox has those of \(tokens) tokens")
    }

    private func publishRides(of count: Int, _ rows: DemoRows, _ now: Date) async throws {
        let seed = seed
        let sum = try await Wires.withBroker { broker in
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

    /// What `POST /_sandbox/bytemark/tokens` takes.
    private struct PassOrder: Encodable {
        struct Generate: Encodable {
            let tokens: Int
            let seed: Int
        }
        let tokens: [String]
        let generate: Generate
    }
}
