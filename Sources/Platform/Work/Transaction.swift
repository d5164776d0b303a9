import Contracts
import FoundationEssentials
import Postgres
import Synchronization

/// The only way to cause anything: rows, messages and deliveries that commit together or not at all.
public final class Transaction: Sendable {
    /// The time of day by which everything in this transaction is decided.
    public let now: Date
    /// The service that works.
    public let service: String
    /// Whether what is told here may have been told before. A batch is worked without looking for that at first; when a key is violated, it is
    /// worked again with care. A reaction may leave `on conflict do nothing` out of a large insert as long as this is false.
    public let mayBeDuplicate: Bool
    let postgres: PostgresTransaction
    private let effects = Mutex(Effects())
    private let tables = Mutex(Written())
    /// So many deliveries go into their table at once.
    private static let load = 1000

    /// What a transaction causes beyond its rows.
    struct Effects: Sendable {
        var messages: [OutgoingMessage] = []
        var deliveries: [OutboundDelivery] = []
        /// Deliveries that have gone into their table already, by kind.
        var handedOver: [OutboundDelivery.Kind: Int] = [:]
        var failures: [RowFailure] = []
    }

    /// What has gone into the tables, so that the relay and the delivery worker are woken after the commit.
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

    /// Runs a statement and decodes what it returns, a row each.
    public func query<R: Decodable & Sendable>(_ sql: SQL, as type: R.Type, _ parameters: (any PostgresEncodable)...) async throws -> [R] {
        try await postgres.query(sql, as: type, parameters: parameters)
    }

    /// Runs a statement and gives its rows as they are.
    public func query(_ sql: SQL, _ parameters: (any PostgresEncodable)...) async throws -> PostgresRows {
        try await postgres.query(sql, parameters: parameters)
    }

    /// Runs a statement; returns how many rows it touched.
    @discardableResult
    public func execute(_ sql: SQL, _ parameters: (any PostgresEncodable)...) async throws -> Int {
        try await postgres.execute(sql, parameters: parameters)
    }

    /// Sends a statement whose result nobody waits for; its failure fails the transaction.
    public func enqueue(_ sql: SQL, _ parameters: (any PostgresEncodable)...) throws {
        try postgres.enqueue(sql, parameters: parameters)
    }

    // MARK: - Effects

    /// Tells everybody what happened, once this transaction has committed.
    /// - Parameter cause: The trace of the message that led to it; by default that of the current task.
    public func publish<M: Message>(_ messages: [M], causedBy cause: TraceContext? = .current) throws {
        let outgoing = try TraceContext.$current.withValue(cause) { try messages.map { try OutgoingMessage($0, from: service, at: now) } }
        effects.withLock { $0.messages += outgoing }
    }

    /// Tells everybody what happened, once this transaction has committed.
    /// - Parameter cause: The trace of the message that led to it; by default that of the current task.
    public func publish<M: Message>(_ message: M, causedBy cause: TraceContext? = .current) throws { try publish([message], causedBy: cause) }

    /// Tells one of the service's own queues what happened, once this transaction has committed.
    func publish<M: Message>(_ message: M, to queue: String) throws {
        publish(
            try OutgoingMessage(
                message, exchange: Exchange.retry(of: service), routingKey: queue, from: service, at: now, id: OutgoingMessage.newID(at: now)))
    }

    /// Starts a job of this service soon: a run that is at work now will look once more before it ends, otherwise a tick goes out.
    public func trigger(_ job: JobName, parameters: [String: String] = [:]) async throws {
        guard try await !JobRunStore.requestRerun(job, self) else { return }
        let id = OutgoingMessage.newID(at: now)
        let tick = Tick(job: job, scheduledFor: now, trigger: .api, dryRun: false, parameters: parameters, misfire: .latest, slice: nil)
        publish(
            try OutgoingMessage(
                tick, exchange: Exchange.retry(of: service), routingKey: "\(service).ticks", subject: job.rawValue, from: service, at: now,
                id: "\(job.rawValue)@\(id)"))
    }

    func publish(_ message: OutgoingMessage) { effects.withLock { $0.messages.append(message) } }

    /// Has something sent out, once this transaction has committed. What was handed in before under the same dedupe key is not sent again.
    ///
    /// Many deliveries do not wait for the end: they go into their table a load at a time, with the statements that follow.
    public func deliver(_ deliveries: [OutboundDelivery]) throws {
        let load = effects.withLock { effects -> [OutboundDelivery] in
            effects.deliveries += deliveries
            guard effects.deliveries.count >= Self.load else { return [] }
            for delivery in effects.deliveries { effects.handedOver[delivery.kind, default: 0] += 1 }
            defer { effects.deliveries = [] }
            return effects.deliveries
        }
        if !load.isEmpty { try write(Effects(deliveries: load)) }
    }

    /// Has something sent out, once this transaction has committed.
    public func deliver(_ delivery: OutboundDelivery) throws { try deliver([delivery]) }

    /// Records a row that could not be worked. The run goes on and ends as `partial`; in a reaction, which has no run, it is a warning in the log.
    /// - Parameters:
    ///   - row: What the row is called by people: `user 12`, `booking B-77`.
    ///   - reason: The error, or what is wrong with the row.
    public func recordFailure(of row: String, reason: any Sendable) {
        effects.withLock { $0.failures.append(RowFailure(row: row, error: "\(reason)")) }
    }

    /// Runs the body so that its rows, messages and deliveries are undone if it throws. Whatever was caused before must have
    /// been taken with ``takeEffects()``.
    /// - Returns: what the body returned, and its effects, which are in their tables already.
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

    /// Takes what has been caused so far; the caller counts it, and writes it with ``write(_:)`` unless the run is dry.
    func takeEffects() -> Effects {
        effects.withLock { effects in
            defer { effects = Effects() }
            return effects
        }
    }

    /// Puts messages and deliveries into their tables, in front of the commit.
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
