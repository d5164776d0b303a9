import Synchronization

/// What keeps a service from its work beside broker and database, as its own parts see it; `/readyz` names it.
public final class ServiceConditions: Sendable {
    private let reasons = Mutex<[String: String]>([:])

    /// Something is missing: what the service waits for, in words that follow "waiting for".
    public func wait(for missing: String, about subject: String) { reasons.withLock { $0[subject] = missing } }

    /// It is there again.
    public func settle(_ subject: String) { reasons.withLock { $0[subject] = nil } }

    /// All that is missing; nil when nothing is.
    public var missing: String? {
        let all = reasons.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
        return all.isEmpty ? nil : all.joined(separator: ", ")
    }
}
