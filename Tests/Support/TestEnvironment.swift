import AMQP
import Contracts
import FoundationEssentials
import Logging
import Platform
import Postgres
import Testing

/// A house for one test: a database of its own, a virtual host of its own, a clock, and services that run inside the test.
public struct TestEnvironment: Sendable {
    /// As the superuser.
    public let databaseURL: String
    /// As the administrator.
    public let amqpURL: String
    /// As the superuser; sees everything.
    public let database: PostgresClient
    /// As the administrator.
    public let broker: AMQPConnection
    /// What services in this house think the time is.
    public let clock: TestClock
    /// Whether its broker has the users of the services.
    public let hasUsers: Bool

    /// Passwords of the services' roles on the test server.
    public static let passwords = [
        "tick-publisher": "tick", "tickets-cache": "tickets", "loyalty-notifier": "loyalty", "payments": "payments", "bookings": "bookings",
        "events": "events", "marketing": "marketing", "maintenance": "maintenance", "analytics": "analytics", "console": "console",
        "web-shop": "shop",
    ]

    /// Opens an environment, runs the test in it and clears up.
    /// - Parameter connections: How many statements the test itself makes at once.
    public static func open(
        at instant: Date? = nil, on servers: TestServers = .shared, connections: Int = 4, _ body: @Sendable (TestEnvironment) async throws -> Void
    ) async throws {
        // The virtual host first: those who wait for one have no connection to the database yet, which takes three hundred.
        let host = try await servers.takeHost()
        do {
            let databaseURL = try await servers.makeDatabase()
            do {
                let database = try TestServers.client(databaseURL, connections: connections)
                try await run(database, databaseURL, try await servers.amqp(host: host), TestClock(instant), hasUsers: servers.hasUsers, body)
            } catch {
                await servers.dropDatabase(databaseURL)
                throw error
            }
            await servers.dropDatabase(databaseURL)
        } catch {
            await servers.giveBack(host)
            throw error
        }
        await servers.giveBack(host)
    }

    private static func run(
        _ database: PostgresClient, _ databaseURL: String, _ amqpURL: String, _ clock: TestClock, hasUsers: Bool,
        _ body: @Sendable (TestEnvironment) async throws -> Void
    ) async throws {
        let broker = AMQPConnection(
            try AMQPConfiguration(url: amqpURL, connectionName: "test"), topology: ServiceTopology.exchanges, logger: TestServers.logger)
        let environment = TestEnvironment(
            databaseURL: databaseURL, amqpURL: amqpURL, database: database, broker: broker, clock: clock, hasUsers: hasUsers)
        try await withThrowingTaskGroup { group in
            group.addTask { try await broker.run() }
            do {
                try await broker.connected()
                try await environment.removeQueues()
                try await body(environment)
                try await environment.removeQueues()
            } catch {
                group.cancelAll()
                await database.close()
                throw error
            }
            group.cancelAll()
            await database.close()
        }
    }

    /// What earlier tests left in the virtual host.
    private func removeQueues() async throws {
        for service in Set(JobName.all.map(\.service)) {
            for work in ["\(service).ticks", "\(service).events"] {
                for queue in [work] + (1...ServiceTopology.delays.count).map({ ServiceTopology.delay(work, after: $0) }) {
                    try await broker.delete(queue: queue)
                }
            }
            try await broker.delete(queue: "\(service).parked")
            try await broker.delete(exchange: Exchange.retry(of: service))
        }
    }

    // MARK: - Services

    /// The settings of a service in this house; what is given wins.
    public func settings(_ more: [String: String] = [:], role: String? = nil) -> Settings { Settings(variables(more, role: role)) }

    /// The environment of a service in this house; what is given wins.
    public func variables(_ more: [String: String] = [:], role: String? = nil) -> [String: String] {
        var url = databaseURL
        if let role, let at = url.firstIndex(of: "@") { url = "postgresql://\(role):\(Self.passwords[role] ?? "")" + url[at...] }
        let standard = [
            "DATABASE_URL": url, "AMQP_URL": role.map { amqpURL(of: $0) } ?? amqpURL, "HTTP_PORT": "0", "LOG_LEVEL": "critical", "LOG_FORMAT": "text",
        ]
        return standard.merging(more) { _, given in given }
    }

    /// Runs a service while the body runs, as its own database role and its own user of the broker, and stops it gracefully.
    /// - Parameters:
    ///   - asSuperuser: With all rights there are, in the database and on the broker.
    ///   - publishesAnything: With all rights on the broker, for a service that is made up and publishes what its name does not let it.
    public func with<S: BackgroundService, T: Sendable>(
        _ service: S.Type, settings more: [String: String] = [:], asSuperuser: Bool = false, publishesAnything: Bool = false,
        _ body: (ServiceHost) async throws -> T
    ) async throws -> T {
        let more = publishesAnything ? more.merging(["AMQP_URL": amqpURL]) { given, _ in given } : more
        let host = try ServiceHost(S.self, settings: settings(more, role: asSuperuser ? nil : S.name), clock: clock.wall)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await host.run() }
            let result: Result<T, any Error>
            do {
                try await host.runtime.broker.connected()
                result = .success(try await body(host))
            } catch {
                result = .failure(error)
            }
            await host.stop()
            try await group.waitForAll()
            return try result.get()
        }
    }

    /// Runs the body with the database as one of the roles sees it.
    public func asRole<T: Sendable>(_ role: String, _ body: (PostgresClient) async throws -> T) async throws -> T {
        guard let url = settings(role: role).string("DATABASE_URL") else { throw TestServers.Missing(description: "there is no role \(role)") }
        let client = try TestServers.client(url, connections: 1)
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }

    // MARK: - Messages

    /// Publishes an event as the web shop would.
    public func publish<M: Message>(_ message: M, id: String = OutgoingMessage.newID()) async throws { try await publish([(message, id)]) }

    /// Publishes events with ids of their own.
    public func publish<M: Message>(_ messages: [(M, String)]) async throws {
        let outgoing = try messages.map { try OutgoingMessage($0.0, from: "shop", at: clock.now, id: $0.1).amqp }
        let outcomes = try await broker.publish(outgoing)
        #expect(outcomes.allSatisfy { $0 == .confirmed })
    }

    /// Triggers a job as the clock would; the id of the run's tick is returned.
    @discardableResult
    public func tick(
        _ job: JobName, at instant: Date? = nil, trigger: Tick.Trigger = .schedule, dryRun: Bool = false, parameters: [String: String] = [:],
        misfire: Tick.Misfire = .latest, previous: Date? = nil, next: Date? = nil
    ) async throws -> String {
        let instant = instant ?? clock.now
        let id = "\(job.rawValue)@\(RFC3339.string(from: instant))" + (trigger == .schedule ? "" : "/\(OutgoingMessage.newID())")
        let tick = Tick(
            job: job, scheduledFor: instant, trigger: trigger, dryRun: dryRun, parameters: parameters, misfire: misfire,
            previousFireTime: previous, nextFireTime: next)
        let message = try OutgoingMessage(tick, exchange: Exchange.ticks, routingKey: job.rawValue, from: "test", at: clock.now, id: id)
        let outcome = try await broker.publish([message.amqp])
        #expect(outcome == [.confirmed])
        return id
    }

    /// Publishes bytes as they are.
    public func publish(raw body: String, to exchange: String, _ routingKey: String, id: String? = nil) async throws {
        var properties = AMQPProperties()
        properties.messageID = id
        let outcome = try await broker.publish([
            AMQPMessage(exchange: exchange, routingKey: routingKey, properties: properties, body: Array(body.utf8))
        ])
        #expect(outcome == [.confirmed])
    }

    /// Takes everything that rests in a queue.
    public func take(_ queue: String) async throws -> [AMQPDelivery] {
        var taken: [AMQPDelivery] = []
        while let delivery = try await broker.get(queue) {
            broker.ack(delivery)
            taken.append(delivery)
        }
        return taken
    }

    // MARK: - Waiting

    /// Waits until the statement's first value is the expected one.
    public func eventually<V: Decodable & Equatable & Sendable>(
        _ sql: SQL, _ expected: V, _ parameters: [any PostgresEncodable] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        var last: V?
        let held = try await holds {
            last = try await database.query(sql, as: V.self, parameters: parameters).first
            return last == expected
        }
        if !held { Issue.record("expected \(expected), but it stays \(String(describing: last)): \(sql.text)", sourceLocation: sourceLocation) }
    }

    /// Waits until a condition holds; the limit is there for hangs.
    public func eventually(
        _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
    ) async throws {
        if try await !holds(condition) { Issue.record(what, sourceLocation: sourceLocation) }
    }

    /// Whether a condition comes to hold; the limit is there for hangs.
    public func holds(_ condition: () async throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(180)
        while ContinuousClock.now < deadline {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    /// The first value of a statement.
    public func value<V: Decodable & Sendable>(_ sql: SQL, as type: V.Type = V.self, _ parameters: (any PostgresEncodable)...) async throws -> V? {
        try await database.query(sql, as: type, parameters: parameters).first
    }

    /// Makes all deliveries of a schema due, whoever holds them, as if their leases were over.
    public func endLeases(in schema: String) async throws {
        while true {
            do {
                try await database.execute(SQL(file: "update \(schema).deliveries set next_attempt_at = now() where status = 'queued'"))
                return
            } catch let error as PostgresError where error.sqlState == .deadlockDetected {
                // A delivery worker that lives has locked some of them in another order.
            }
        }
    }

    /// Waits for the end of a run.
    public func ended(_ tick: String) async throws -> EndedRun {
        var run: EndedRun?
        try await eventually("the run of \(tick) does not end") {
            run = try await database.query(EndedRun.select, as: EndedRun.self, tick).first
            return run.map { $0.outcome != .running } ?? false
        }
        return try #require(run)
    }
}

/// A run that is over.
public struct EndedRun: Decodable, Sendable {
    /// How it ended.
    public let outcome: RunOutcome
    /// Rows worked.
    public let processed: Int
    /// Rows that could not be processed.
    public let failed: Int
    /// Everything else, JSON.
    public let details: String

    static let select: SQL = "select outcome, processed, failed, details::text as details from operations.job_runs where tick_id = $1"
}
