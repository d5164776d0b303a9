import Contracts
import FoundationEssentials
import Logging
import Platform
import Postgres

/// Fetches the passes of all users whose refresh is due and writes changes to the cache.
///
/// `tickets.refresh_state` is the queue: one row per user, however many rows of the log request it. A user is claimed
/// with a lease together with the log rows that are due by then; exactly those are marked processed after a successful
/// fetch, so rows that arrive meanwhile stay pending.
struct Refresh: ExternalJob {
    static let name = JobName.ticketsCacheRefresh

    let bytemark: BytemarkClient
    let freeTicketProducts: Set<String>

    static func name(of id: Int) -> String { "user \(id)" }

    /// Twice the number of concurrent requests: while some results are recorded, other users wait at the rate limiter.
    var inFlight: Int { bytemark.inFlight * 2 }

    /// A user to refresh.
    struct Item: Decodable, Sendable, Identifiable {
        let userId: Int
        let token: String?
        let digest: String?
        let failures: Int
        /// The rows of the log that were due when the user was claimed.
        let rows: [Int]

        var id: Int { userId }
    }

    /// A user's current token.
    private struct Token: Decodable {
        let userId: Int
        let token: String
    }

    /// The outcome of a user's fetch.
    enum Outcome: Sendable {
        case unchanged
        case changed(CacheUpdate)
        case tokenVoid
        case failed(String, after: Duration?)
        /// The user's token was replaced or removed meanwhile: the result for the old one is discarded.
        case tokenReplaced

        /// In metrics.
        fileprivate var label: String {
            switch self {
            case .unchanged: "unchanged"
            case .changed: "changed"
            case .tokenVoid: "void"
            case .failed: "retried"
            case .tokenReplaced: "replaced"
            }
        }
    }

    func prepare(_ slice: Slice, _ tx: Transaction) async throws {
        try tx.enqueue(RefreshStatements.wantAllWhenEmpty, slice.now)
        try tx.enqueue(RefreshStatements.wantPending, slice.now, RefreshStatements.mostWanted, RefreshStatements.enoughWanted)
    }

    func claim(_ limit: Int, _ slice: Slice, _ tx: Transaction) async throws -> [Item] {
        try await tx.query(
            RefreshStatements.claim, as: Item.self, slice.now, limit, slice.now + bytemark.lease(of: inFlight), slice.runID, tx.service)
    }

    func perform(_ item: Item) async -> Outcome {
        let started = ContinuousClock.now
        let outcome = await refresh(item)
        Metric.refreshes.increment(outcome.label)
        Metric.refreshSeconds.record(ContinuousClock.now - started)
        return outcome
    }

    private func refresh(_ item: Item) async -> Outcome {
        guard let token = item.token else { return .failed("there is no Bytemark token", after: nil) }
        do {
            let update = CacheUpdate(try await bytemark.passes(token: token), freeTicketProducts: freeTicketProducts)
            return update.digest == item.digest ? .unchanged : .changed(update)
        } catch BytemarkClient.Failure.tokenVoid {
            return .tokenVoid
        } catch BytemarkClient.Failure.later(let reason, let after) {
            return .failed(reason, after: after)
        } catch {
            return .failed("\(error)", after: nil)
        }
    }

    func record(_ finished: [(Item, Outcome)], _ slice: Slice, _ tx: Transaction) async throws -> Int {
        let tokens = try await tx.query(RefreshStatements.tokens, as: Token.self, finished.map(\.0.userId))
        let current = Dictionary(tokens.map { ($0.userId, $0.token) }) { $1 }
        var results = RefreshResults()
        for (item, outcome) in finished {
            results.add(item, item.token == current[item.userId] ? outcome : .tokenReplaced, at: slice.now)
        }
        try results.write(run: slice.runID, tx)
        return results.refreshed
    }

    func firstDue(_ slice: Slice, _ tx: Transaction) async throws -> Int? {
        try await tx.query(RefreshStatements.firstDue, as: Int.self, slice.now, slice.runID).first
    }

    func recordFailure(of id: Int, because reason: String, _ slice: Slice, _ tx: Transaction) async throws {
        // The longest pause: the user fails again until a person fixes the cause, and other users are claimed together
        // with it.
        let next = slice.now + RefreshResults.longestPause.timeInterval
        try await tx.execute(RefreshStatements.postpone, [id], [reason], [next], slice.runID)
    }

    func outstanding(_ slice: Slice, _ tx: Transaction) async throws -> Int {
        try await tx.query(RefreshStatements.outstanding, as: Int.self, slice.now).first ?? 0
    }

    func dryRun(_ slice: Slice, _ tx: Transaction) async throws -> Int {
        try await tx.query(RefreshStatements.countDue, as: Int.self, slice.now).first ?? 0
    }
}
