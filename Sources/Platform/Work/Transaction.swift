import Contracts
import FoundationEssentials
import Postgres
import Synchronization

/// The only way to cause effects: rows, messages and deliveries that commit together or not at all.
public final class Transaction: Sendable {
    /// The time by which everything in this transaction is decided.
    public let now: Date
    /// The service that runs it.
    public let service: String
    /// Whether the messages of this transaction may include duplicates.
    private let mayBeDuplicate: Bool
    let postgres: PostgresTransaction
    private let effects = Mutex(Effects())
    private let tables = Mutex(Written())
    /// How many deliveries are written to their table at once.
    private static let batch = 1000

    /// What a transaction causes beyond its rows.
    struct Effects: Sendable {
        var messages: [OutgoingMessage] = []
        var deliveries: [OutboundDelivery] = []
        /// Deliveries that were written to their table already, by kind.
        var enqueued: [OutboundDelivery.Kind: Int] = [:]
        var failures: [RowFailure] = []
        var groups: [String: RowGroup] = [:]
    }

    /// Which tables were written to, so that the relay and the delivery worker are woken after the commit.
    struct Written: Sendable {
        var messages = false
        var deliveries = false
    }

    init(_ postgres: PostgresTransaction, service: String, now: Date, mayBeDuplicate: Bool = true) {
        self.postgres = postgres
        self.service = service
        self.now = now
        self.mayBeDuplicate = mayBeDuplicate
    }

    // MARK: - Rows

    /// Runs a statement and decodes each row that it returns.
    public func query<R: Decodable & Sendable>(_ sql: SQL, as type: R.Type, _ parameters: (any PostgresEncodable)...) async throws -> [R] {
        try await postgres.query(sql, as: type, parameters: parameters)
    }

    /// Runs a statement that returns one row, whatever the tables hold, and decodes it.
    /// - Throws: ``NoRow`` when it returns none.
    public func row<R: Decodable & Sendable>(_ sql: SQL, as type: R.Type, _ parameters: (any PostgresEncodable)...) async throws -> R {
        guard let row = try await postgres.query(sql, as: type, parameters: parameters).first else { throw NoRow(statement: sql.text) }
        return row
    }

    /// A statement that must return a row returned none.
    struct NoRow: Error, CustomStringConvertible {
        let statement: String
        var description: String { "no row: \(statement)" }
    }

    /// Runs a statement and returns its rows undecoded.
    public func query(_ sql: SQL, _ parameters: (any PostgresEncodable)...) async throws -> PostgresRows {
        try await postgres.query(sql, parameters: parameters)
    }

    /// Runs a statement that inserts rows for messages: the first one, which relies on all of them being new, or the
    /// second, which skips those that are there (`on conflict do nothing`) and costs more.
    ///
    /// A batch of messages is processed with the first; when a key is violated, it is processed again with the second.
    public func query<R: Decodable & Sendable>(
        ifNew: SQL, else checked: SQL, as type: R.Type, _ parameters: (any PostgresEncodable)...
    ) async throws -> [R] {
        try await postgres.query(mayBeDuplicate ? checked : ifNew, as: type, parameters: parameters)
    }

    /// Runs a statement; returns how many rows it affected.
    @discardableResult
    public func execute(_ sql: SQL, _ parameters: (any PostgresEncodable)...) async throws -> Int {
        try await postgres.execute(sql, parameters: parameters)
    }

    /// Sends a statement without waiting for its result; its failure fails the transaction.
    public func enqueue(_ sql: SQL, _ parameters: (any PostgresEncodable)...) throws {
        try postgres.enqueue(sql, parameters: parameters)
    }

    // MARK: - Effects

    /// Publishes events once this transaction has committed.
    /// - Parameter cause: The trace of the message that caused it; by default that of the current task.
    public func publish<M: Message>(_ messages: [M], causedBy cause: TraceContext? = .current) throws {
        let outgoing = try TraceContext.$current.withValue(cause) { try messages.map { try OutgoingMessage($0, from: service, at: now) } }
        effects.withLock { $0.messages += outgoing }
    }

    /// Publishes an event once this transaction has committed.
    /// - Parameter cause: The trace of the message that caused it; by default that of the current task.
    public func publish<M: Message>(_ message: M, causedBy cause: TraceContext? = .current) throws { try publish([message], causedBy: cause) }

    /// Publishes a message to one of the service's own queues once this transaction has committed.
    func publish<M: Message>(_ message: M, to queue: String) throws {
        publish(
            try OutgoingMessage(
                message, exchange: Exchange.retry(of: service), routingKey: queue, from: service, at: now, id: OutgoingMessage.newID(at: now)))
    }

    /// Starts a job of this service soon: a run that is in progress repeats its work before it ends; otherwise a tick
    /// is published.
    public func trigger(_ job: JobName, parameters: [String: String] = [:]) async throws {
        guard try await !JobRunStore.requestRerun(job, self) else { return }
        let id = OutgoingMessage.newID(at: now)
        let tick = Tick(job: job, scheduledFor: now, trigger: .api, dryRun: false, parameters: parameters, misfire: .latest, slice: nil)
        publish(
            try OutgoingMessage(
                tick, exchange: Exchange.retry(of: service), routingKey: QueueName.ticks(of: service), subject: job.rawValue, from: service, at: now,
                id: Tick.id(job, id)))
    }

    func publish(_ message: OutgoingMessage) { effects.withLock { $0.messages.append(message) } }

    /// Sends deliveries once this transaction has committed. One whose dedupe key is known already is not sent again.
    ///
    /// Large numbers are not kept until the end: they are written to their table in batches, with the statements that
    /// follow.
    public func deliver(_ deliveries: [OutboundDelivery]) throws {
        let batch = effects.withLock { effects -> [OutboundDelivery] in
            effects.deliveries += deliveries
            guard effects.deliveries.count >= Self.batch else { return [] }
            for delivery in effects.deliveries { effects.enqueued[delivery.kind, default: 0] += 1 }
            defer { effects.deliveries = [] }
            return effects.deliveries
        }
        if !batch.isEmpty { try write(Effects(deliveries: batch)) }
    }

    /// Sends a delivery once this transaction has committed.
    public func deliver(_ delivery: OutboundDelivery) throws { try deliver([delivery]) }

    /// Records a row that failed. The run continues and ends as `partial`; in a reaction, which has no run, the log
    /// gets a warning.
    /// - Parameters:
    ///   - row: What the row is called by people: `user 12`, `booking B-77`.
    ///   - reason: The error, or what is wrong with the row.
    public func recordFailure(of row: String, reason: any Sendable) {
        effects.withLock { $0.failures.append(RowFailure(row: row, error: "\(reason)")) }
    }

    /// Notes on the run what was decided about a row: how many rows each decision has, and the first hundred by name.
    /// - Parameters:
    ///   - row: What the row is called by people: `user 12`.
    ///   - decision: `reached`, `left out: unsubscribed`.
    public func note(_ row: String, _ decision: String) {
        effects.withLock { $0.groups[decision, default: RowGroup()].add(row) }
    }

    /// Notes on the run that something was decided about a number of rows.
    /// - Parameter first: The first of them by name; a run keeps a hundred.
    public func note(_ decision: String, count: Int, first: [String]) {
        guard count > 0 else { return }
        effects.withLock { $0.groups[decision, default: RowGroup()].add(count, first: first) }
    }

    /// Runs the body so that its rows, messages and deliveries are undone if it throws. Effects that were caused before
    /// must have been taken with ``takeEffects()``.
    /// - Returns: the result of the body, and its effects, which are written to their tables already.
    func savepoint<T: Sendable>(_ body: () async throws -> T) async throws -> (T, Effects) {
        do {
            return try await postgres.savepoint {
                let value = try await body()
                let effects = takeEffects()
                try write(effects)
                return (value, effects)
            }
        } catch {
            _ = takeEffects()
            throw error
        }
    }

    /// Removes and returns the effects so far; the caller counts them, and writes them with ``write(_:)`` unless this
    /// is a dry run.
    func takeEffects() -> Effects {
        effects.withLock { effects in
            defer { effects = Effects() }
            return effects
        }
    }

    /// Writes messages and deliveries to their tables, before the commit.
    func write(_ effects: Effects) throws {
        if !effects.messages.isEmpty { try Outbox.enqueue(effects.messages, in: postgres, at: now) }
        if !effects.deliveries.isEmpty { try Deliveries.enqueue(effects.deliveries, in: postgres, at: now) }
        tables.withLock { tables in
            tables.messages = tables.messages || !effects.messages.isEmpty
            tables.deliveries = tables.deliveries || !effects.deliveries.isEmpty
        }
    }

    var written: Written { tables.withLock { $0 } }
}
