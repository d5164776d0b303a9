/// Why a database cannot be migrated. Its description says what to do.
public enum MigrationFailure: Error, Sendable, CustomStringConvertible {
    /// A file was changed after it was applied.
    case changed(file: String)
    /// A file that needs a session of its own would be applied through a pooler.
    case pooled(file: String)
    /// A needed lock was held by another session for all of ``MigrationLimits/file``.
    case locked(step: String, limit: Duration, holder: String?)
    /// The database did not answer for all of ``MigrationLimits/outage``.
    case unavailable(limit: Duration, reason: String)

    /// The problem and what to do.
    public var description: String {
        switch self {
        case .changed(let file): "\(file) has changed since it was applied to this database; put it back and add a new file for the change"
        case .pooled(let file): "\(file) cannot be applied through a pooler; give boxoffice migrate the address of the server itself"
        case .locked(let step, let limit, let holder):
            "\(step) got no lock within \(limit.components.seconds) s\(holder.map { ", the last in its way was \($0)" } ?? ""); "
                + "what was applied before stays applied, run boxoffice migrate again when the lock is free"
        case .unavailable(let limit, let reason): "the database did not answer for \(limit.components.seconds) s: \(reason)"
        }
    }

    /// Whether a later migration may succeed.
    public var isTemporary: Bool {
        switch self {
        case .changed, .pooled: false
        case .locked, .unavailable: true
        }
    }
}
