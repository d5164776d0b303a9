import Synchronization

/// What a service lacks besides broker and database, as reported by its own parts; `/readyz` names it.
public final class ServiceConditions: Sendable {
    private let reasons = Mutex<[String: String]>([:])

    /// Reports what the service waits for, in words that follow "waiting for".
    public func wait(for missing: String, about subject: String) { reasons.withLock { $0[subject] = missing } }

    /// Reports that it is available again.
    public func settle(_ subject: String) { reasons.withLock { $0[subject] = nil } }

    /// Everything that is missing; nil when nothing is.
    public var missing: String? {
        let all = reasons.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
        return all.isEmpty ? nil : all.joined(separator: ", ")
    }
}
