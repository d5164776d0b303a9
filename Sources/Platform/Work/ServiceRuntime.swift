import AMQP
import FoundationEssentials
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// What the parts of one service process share: its name, its connections, its clock.
public struct ServiceRuntime: Sendable {
    /// The executable's name, which is also its database role and its broker user.
    public let name: String
    /// This process, for people: `tickets-cache@host/4711`.
    public let instance: String
    /// The time of day.
    public let clock: WallClock
    /// Labelled with the service's name.
    public let logger: Logger
    /// The service's database, as the service's role, with its own schema first in the path.
    public let database: PostgresClient
    /// The service's connection to the broker.
    public let broker: AMQPConnection
    /// What the service waits for besides database and broker.
    public let conditions = ServiceConditions()
    /// How long a run belongs to a process that does not renew its lease.
    var runLease = Duration.seconds(RunRescuer.standardLease)
    /// The migrations that must have been applied.
    var migrations = RequiredMigrations.none
    /// Open once the database answers and is migrated.
    let databaseReady = AsyncLatch()
    /// The transactions that are under way, as the heartbeat tells them.
    let work = WorkInProgress()
    /// How its queues get on, as the heartbeat tells it.
    let queues = QueueProgresses()
    /// The operations that wait for the database.
    let databaseWaits = DatabaseWaits()
    /// Open once the service has been asked to stop.
    let stopping = AsyncLatch()
    /// Raised after a commit that wrote rows to the outbox.
    let outboxFilled = AsyncSignal()
    /// Raised after a commit that wrote rows to `deliveries`; one signal for each delivery worker.
    let deliveriesFilled = OutboundDelivery.Kind.allCases.map { _ in AsyncSignal() }

    /// Waits until the database answers and is migrated.
    /// - Returns: false when the service is asked to stop before that.
    public func ready() async -> Bool {
        await cancelWhenGracefulShutdown { await databaseReady.wait() }
        return databaseReady.isOpen
    }

    /// Runs the body in one transaction, which also writes the messages and deliveries that it causes.
    /// - Parameter mayBeDuplicate: Whether its messages may include duplicates.
    public func transaction<T: Sendable>(mayBeDuplicate: Bool = true, _ body: (Transaction) async throws -> T) async throws -> T {
        let now = clock.now
        let (result, written, failures) = try await work.during {
            try await database.transaction { postgres in
                let tx = Transaction(postgres, service: name, now: now, mayBeDuplicate: mayBeDuplicate)
                let result = try await body(tx)
                let effects = tx.takeEffects()
                try tx.write(effects)
                return (result, tx.written, effects.failures)
            }
        }
        if written.messages { outboxFilled.raise() }
        if written.deliveries { deliveriesFilled.forEach { $0.raise() } }
        if !failures.isEmpty { report(failures) }
        return result
    }

    /// Runs the body in one transaction, and again as ``retryingWhileDatabaseIsDown(_:_:)`` says.
    func retriedTransaction<T: Sendable>(_ what: String, mayBeDuplicate: Bool = true, _ body: (Transaction) async throws -> T) async throws -> T {
        try await retryingWhileDatabaseIsDown(what) { try await transaction(mayBeDuplicate: mayBeDuplicate, body) }
    }

    /// Repeats some work until the task is cancelled or `isStopping`: after a pause or a signal, and after failures with
    /// growing pauses. The first of several failures in a row is logged as `complaint`.
    func repeating(
        every pause: Duration, or signal: AsyncSignal = AsyncSignal(), complaint: String, until isStopping: () -> Bool = { false },
        _ work: () async throws -> Void
    ) async {
        var backoff: Backoff?
        while !isStopping(), !Task.isCancelled {
            do {
                try await work()
                backoff = nil
                await signal.wait(atMost: pause)
            } catch {
                if backoff == nil, !isStopping(), !Task.isCancelled { logger.warning("\(complaint)", error: error) }
                var next = backoff ?? .connection
                await signal.wait(atMost: next.next())
                backoff = next
            }
        }
    }

    /// Reports rows that failed where there is no run to record them on: in a reaction, or in the callbacks of a
    /// delivery worker.
    private func report(_ failures: [RowFailure]) {
        Metric.failedRows().increment(by: failures.count)
        for failure in failures { logger.warning("A row could not be processed", metadata: ["row": "\(failure.row)", "reason": "\(failure.error)"]) }
    }

    /// Repeats the work until it succeeds or fails for a reason of its own.
    ///
    /// During an outage of the database, and when a time limit of the server ends a statement, it waits in place,
    /// however long that takes: the message is not to blame. It also waits for a migration that is not applied yet.
    /// After a deadlock or a serialization failure it tries again a few times. A service that is asked to stop stops
    /// waiting and returns its message to the queue.
    /// - Throws: `CancellationError` when the service stops or the task is cancelled.
    public func retryingWhileDatabaseIsDown<T: Sendable>(_ what: String, _ work: () async throws -> T) async throws -> T {
        var backoff = Backoff.connection
        var conflicts = 0
        var stalePlans = 0
        var waitID: Int?
        var gotThrough = false
        defer { if let waitID { databaseWaits.end(waitID, gotThrough: gotThrough, logger) } }
        while true {
            do {
                let result = try await withMigrations(work)
                gotThrough = true
                return result
            } catch let missing as MissingMigration where !Task.isCancelled {
                let mine = waitID ?? databaseWaits.newID()
                waitID = mine
                databaseWaits.wait(mine, what, .unprepared, missing.reason, logger)
                try await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.migrationPause) }
            } catch let error as PostgresError where error.isTransient && !Task.isCancelled {
                if let trouble = error.trouble {
                    let mine = waitID ?? databaseWaits.newID()
                    waitID = mine
                    databaseWaits.wait(mine, what, trouble, error.reason, logger)
                } else if error.isStalePlan, stalePlans < Self.stalePlansInPlace {
                    // A table was altered after the connection had prepared the statement. The next transaction
                    // prepares it again and, if that runs on another connection, so does the one after it.
                    stalePlans += 1
                    logger.debug("\(what) tries again", error: error)
                    continue
                } else {
                    conflicts += 1
                    gotThrough = conflicts > Self.conflictsInPlace
                    guard !gotThrough else { throw error }
                    logger.debug("\(what) tries again", error: error)
                }
                let pause = backoff.next()
                try await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
            } catch {
                // The database has answered: the trouble is over, and this failure is unrelated.
                gotThrough = !(error is CancellationError) && (error as? PostgresError)?.trouble == nil
                throw error
            }
        }
    }

    /// Runs the work; a failure that a missing migration explains becomes a ``MissingMigration``.
    private func withMigrations<T: Sendable>(_ work: () async throws -> T) async throws -> T {
        do {
            return try await work()
        } catch let error as PostgresError where error.mayLackMigration && !Task.isCancelled {
            guard let file = migrations.firstMissingAnywhere(in: try await RequiredMigrations.applied(in: database)) else { throw error }
            throw MissingMigration(file: file)
        }
    }

    /// The pause between two looks for a missing migration.
    private static let migrationPause = Duration.seconds(1)

    /// How often a prepared statement may turn out to be stale: more often than there are connections, and tables in
    /// one migration.
    private static let stalePlansInPlace = 1000

    /// How often a deadlock or a serialization failure is tried again before it counts as a failure of the message.
    private static let conflictsInPlace = 5
}
