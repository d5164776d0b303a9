import AMQP
import FoundationEssentials
import Logging
import Platform
import Postgres

/// The connections of a command to broker and database, opened on demand.
enum Connections {
    /// The clients' warnings would only repeat the command's own errors.
    static let silent = Logger(label: "boxoffice") { _ in SwiftLogNoOpLogHandler() }

    /// Runs the body with the database of `DATABASE_URL`.
    /// - Parameter statementTimeout: How long a statement may take; nil for the administrator's setting, since a person
    ///   can interrupt the command.
    static func withDatabase<T: Sendable>(
        statementTimeout: Duration? = nil, _ body: (PostgresClient) async throws -> T
    ) async throws -> T {
        var configuration = try Settings.environment().database()
        configuration.statementTimeout = statementTimeout
        configuration.applicationName = "boxoffice"
        configuration.maximumConnections = 2
        let database = PostgresClient(configuration, logger: silent)
        do {
            let result = try await body(database)
            await database.close()
            return result
        } catch let error as PostgresError where error.isRefusal {
            await database.close()
            throw ConfigurationError("DATABASE_URL", "does not work: \(error.message)")
        } catch {
            await database.close()
            throw error
        }
    }

    /// Runs the body with the broker of `AMQP_URL`, connected.
    /// - Parameter topology: Declared before the body runs.
    static func withBroker<T: Sendable>(
        declaring topology: AMQPTopology = ServiceTopology.exchanges, _ body: @escaping @Sendable (AMQPConnection) async throws -> T
    ) async throws -> T {
        let configuration = try Settings.environment().broker(connectionName: "boxoffice")
        let broker = AMQPConnection(configuration, topology: topology, logger: silent)
        return try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask {
                do {
                    try await broker.run()
                } catch let error as AMQPError {
                    throw ConfigurationError("AMQP_URL", "does not work: \(error)")
                }
                return nil
            }
            group.addTask {
                try await within(.seconds(10), "no answer from the broker at \(configuration.host):\(configuration.port)") {
                    try await broker.connected()
                }
                return try await body(broker)
            }
            group.addTask {
                await complainWhileBlocked(broker)
                return nil
            }
            while let result = try await group.next() {
                guard let result else { continue }
                group.cancelAll()
                try? await group.waitForAll()
                return result
            }
            throw Failure("the connection to the broker ended")
        }
    }

    /// Publishes a message.
    /// - Parameter unroutable: The complaint when no queue takes it.
    static func publish(_ message: OutgoingMessage, unroutable: String) async throws {
        try demand(try await withBroker { try await $0.publish([message.amqp]).first }, unroutable: unroutable)
    }

    /// Fails unless a published message was confirmed.
    static func demand(_ outcome: AMQPPublishOutcome?, unroutable: String) throws {
        switch outcome {
        case .confirmed: return
        case .unroutable: throw Failure(unroutable)
        default: throw Failure("the broker did not take the message")
        }
    }

    /// Reports at once that the broker accepts no messages: published messages wait until it does, or until the command
    /// gives up.
    private static func complainWhileBlocked(_ broker: AMQPConnection) async {
        while (try? await Task.sleep(for: .milliseconds(50))) != nil {
            guard let reason = broker.blockedReason else { continue }
            return Terminal.complain("The broker takes no messages now (\(reason)); waiting for it.")
        }
    }

    /// Runs the body with a time limit.
    static func within<T: Sendable>(_ limit: Duration, _ complaint: String, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
        try await withThrowingTaskGroup(of: T.self) { group in
            group.addTask(operation: body)
            group.addTask {
                try await Task.sleep(for: limit)
                throw Failure(complaint)
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }
}

extension PostgresError {
    /// Whether a retry cannot succeed: a login, a database or a certificate is wrong.
    var isRefusal: Bool {
        switch self {
        case .authenticationFailed, .secureConnectionFailed: true
        case .server(let error): error.sqlState == .invalidCatalogName || error.sqlState == .invalidAuthorizationSpecification
        default: false
        }
    }
}
