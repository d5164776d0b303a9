import ClientSupport
import Digests
import Synchronization

/// Checks passwords on a thread of its own, one after the other: a computation takes a quarter of a second and 16 MB,
/// and pages must not wait for it.
final class PasswordThread: Sendable {
    /// How many checks may be waiting or under way.
    static let most = 8

    private let waiting = Mutex(0)
    /// What names that do not exist are checked against, so that they take as long as the others. No password fits it.
    private let nobody = PasswordHash(text: "$scrypt$ln=14,r=8,p=5$\(String(repeating: "0", count: 32))$\(String(repeating: "0", count: 64))")

    /// Whether a password is that of a stored text; false when there is none.
    /// - Throws: ``Busy`` when too many checks are waiting.
    func check(_ password: [UInt8], _ stored: String?) async throws -> Bool {
        let hash = stored.flatMap(PasswordHash.init(text:))
        let isRight = try await queued { [nobody] in (hash ?? nobody)?.verifies(password) ?? false }
        return isRight && hash != nil
    }

    /// The text to store of a password. It waits for its turn, however many checks are waiting.
    func hash(_ password: [UInt8]) async throws -> String { try await turn.run { PasswordHash(password).text } }

    private func queued<T: Sendable>(_ work: @escaping @Sendable () -> T) async throws -> T {
        let isTaken = waiting.withLock { waiting in
            guard waiting < Self.most else { return false }
            waiting += 1
            return true
        }
        guard isTaken else { throw Busy() }
        defer { waiting.withLock { $0 -= 1 } }
        return try await turn.run(work)
    }

    /// Too many sign in at once.
    struct Busy: Error {}

    private let turn = SerialThread()
}

/// Runs blocking work on a thread of its own, one piece at a time.
private actor SerialThread {
    private var last: Task<Void, Never>?

    func run<T: Sendable>(_ work: @escaping @Sendable () -> T) async throws -> T {
        let before = last
        let task = Task {
            await before?.value
            return try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<T, any Error>) in
                do {
                    try startThread(named: "passwords", stack: 512 * 1024) { continuation.resume(returning: work()) }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
        last = Task { _ = try? await task.value }
        return try await task.value
    }
}
