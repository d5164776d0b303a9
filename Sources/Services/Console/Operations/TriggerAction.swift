import AMQP
import Contracts
import Digests
import FoundationEssentials
import Platform
import Postgres

/// Starts a job for somebody: by a tick on the broker, like any other trigger, and with an entry in the audit log.
struct TriggerAction: Sendable {
    let job: JobName
    var dryRun = false
    var parameters: [String: String] = [:]
    /// The instant that the run is for; nil for now.
    var scheduledFor: Date?
    var reason = ""
    /// The same key from the same actor is the same trigger.
    var idempotencyKey: String?

    /// What the audit log keeps, and what a second request with the same key is compared with.
    private struct Request: Codable, Equatable, Sendable {
        let dryRun: Bool
        let parameters: [String: String]
        let scheduledFor: Date?
    }

    enum Outcome: Sendable {
        /// The tick that the run will have.
        case published(tick: String)
        /// The key was used for another request.
        case keyReused
        /// No queue takes the job's ticks.
        case notDeployed(queue: String)
        /// The broker is away or did not take it; nothing was done.
        case unavailable(reason: String)
    }

    /// Publishes the tick. The entry is committed after the broker has confirmed it: nothing is half done, and a request
    /// that was cut in between can be made again with its key.
    func perform(by actor: Actor, _ runtime: ServiceRuntime) async throws -> Outcome {
        guard runtime.broker.isConnected else { return .unavailable(reason: "there is no connection to the broker") }
        let now = runtime.clock.now
        let trigger = JobTrigger(
            job, by: actor.formToken == nil ? .api : .manual, scheduledFor: scheduledFor ?? now, dryRun: dryRun, parameters: parameters,
            occasion: idempotencyKey.map { Self.occasion($0, actor) })
        let request = Request(dryRun: dryRun, parameters: parameters, scheduledFor: scheduledFor)
        let message = try trigger.message(from: runtime.name, at: now).amqp
        do {
            return try await runtime.transaction { tx in
                if idempotencyKey != nil {
                    try tx.enqueue(Self.lock, trigger.tickID)
                    if let before = try await tx.query(Self.earlier, as: String.self, trigger.tickID).first {
                        return try WireCoding.decodeJSON(Request.self, from: Array(before.utf8)[...]) == request
                            ? .published(tick: trigger.tickID) : .keyReused
                    }
                }
                let entry = AuditLog.Entry(action: dryRun ? "job.dry-run" : "job.run", subject: trigger.tickID, reason: reason, after: request)
                try AuditLog.write(entry, by: actor, tx)
                switch try await runtime.broker.publish([message], timeout: .seconds(4)).first {
                case .confirmed: return .published(tick: trigger.tickID)
                case .unroutable: throw Unpublished(outcome: .notDeployed(queue: trigger.queue))
                default: throw Unpublished(outcome: .unavailable(reason: "the broker did not take the message"))
                }
            }
        } catch let error as Unpublished {
            return error.outcome
        } catch let error as AMQPError {
            return .unavailable(reason: "\(error)")
        }
    }

    /// Undoes the transaction.
    private struct Unpublished: Error {
        let outcome: Outcome
    }

    private static func occasion(_ key: String, _ actor: Actor) -> String {
        "key-" + String(Digest.sha256.hexadecimal(Array("\(actor.name)\n\(key)".utf8)).prefix(32))
    }

    private static let lock: SQL = "select pg_advisory_xact_lock(hashtextextended($1::text, 0))"

    private static let earlier: SQL = """
        select after::text from audit where subject = $1::text and action in ('job.run', 'job.dry-run') order by id limit 1
        """
}
