import Logging
import Synchronization

/// Logs a warning once until its cause is gone, however often it is raised.
final class WarnOnce: Sendable {
    private let logger: Logger
    private let told = Mutex<[String: String]>([:])

    init(_ logger: Logger) { self.logger = logger }

    /// Logs the warning unless it is the same as the last one about the subject.
    func raise(_ subject: String, _ warning: String, metadata: Logger.Metadata? = nil) {
        let isNew = told.withLock { told in told.updateValue(warning, forKey: subject) != warning }
        if isNew { logger.warning("\(warning)", metadata: metadata) }
    }

    /// The cause is gone: the next warning about the subject is logged again.
    func settle(_ subject: String) { told.withLock { told in told[subject] = nil } }
}
