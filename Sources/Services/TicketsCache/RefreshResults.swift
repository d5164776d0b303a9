import FoundationEssentials
import Platform
import Postgres

/// The outcomes of a group of users, sorted by what must be written.
struct RefreshResults {
    /// The pause after a user's first failure; it doubles with each further one.
    private static let firstPause = Duration.seconds(2)
    static let longestPause = Duration.seconds(3600)

    private var changed: [(user: Int, update: CacheUpdate)] = []
    private var unchanged: [Int] = []
    private var doneRows: [Int] = []
    private var void: [(user: Int, token: String)] = []
    private var voidRows: [Int] = []
    private var failed: [(user: Int, reason: String, next: Date)] = []
    private var released: [Int] = []

    /// The number of users whose cache is fresh now.
    var refreshed: Int { changed.count + unchanged.count }

    /// Adds the outcome of a user.
    mutating func add(_ item: Refresh.Item, _ outcome: Refresh.Outcome, at now: Date) {
        switch outcome {
        case .changed(let update):
            changed.append((item.userId, update))
            doneRows += item.rows
        case .unchanged:
            unchanged.append(item.userId)
            doneRows += item.rows
        case .tokenVoid:
            void.append((item.userId, item.token ?? ""))
            voidRows += item.rows
        case .tokenReplaced:
            released.append(item.userId)
        case .failed(let why, let asked):
            let reason = why.storable()
            let pause = Backoff.pause(after: item.failures, first: Self.firstPause, longest: Self.longestPause)
            failed.append((item.userId, reason, now + max(asked ?? .zero, pause).timeInterval))
        }
    }

    /// Enqueues all statements, to be sent before the commit.
    func write(run: Int, _ tx: Transaction) throws {
        if !changed.isEmpty {
            try tx.enqueue(
                RefreshStatements.rewrite, changed.map(\.user), changed.map { $0.update.passes(at: tx.now) },
                changed.map { $0.update.passes4(at: tx.now) }, changed.map(\.update.digest), tx.now)
        }
        if !unchanged.isEmpty { try tx.enqueue(RefreshStatements.touch, unchanged, tx.now) }
        if refreshed > 0 { try tx.enqueue(RefreshStatements.settle, changed.map(\.user) + unchanged) }
        if !doneRows.isEmpty { try tx.enqueue(RefreshStatements.markProcessed, doneRows, tx.now) }
        if !void.isEmpty {
            try tx.enqueue(RefreshStatements.markVoid, void.map(\.user), void.map(\.token), tx.now)
            try tx.enqueue(RefreshStatements.settle, void.map(\.user))
            try tx.enqueue(RefreshStatements.noteVoid, voidRows, Self.voidNote, tx.now)
            for user in void { tx.recordFailure(of: "user \(user.user)", reason: Self.voidNote) }
        }
        if !released.isEmpty { try tx.enqueue(RefreshStatements.release, released, tx.now) }
        if !failed.isEmpty {
            try tx.enqueue(RefreshStatements.postpone, failed.map(\.user), failed.map(\.reason), failed.map(\.next), run)
            for user in failed { tx.recordFailure(of: "user \(user.user)", reason: user.reason) }
        }
    }

    private static let voidNote = "Bytemark refuses the token (401); waiting for a new one"
}
