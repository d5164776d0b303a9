import Logging
import Synchronization

/// Warnings that are told once until the trouble is over, however often it is met.
final class WarnOnce: Sendable {
    private let logger: Logger
    private let told = Mutex<[String: String]>([:])

    init(_ logger: Logger) { self.logger = logger }

    /// Warns, unless this was the last thing said about the subject.
    func raise(_ subject: String, _ warning: String, metadata: Logger.Metadata? = nil) {
        let isNew = told.withLock { told in told.updateValue(warning, forKey: subject) != warning }
        if isNew { logger.warning("\(warning)", metadata: metadata) }
    }

    /// The trouble is over: the next one is told again.
    func settle(_ subject: String) { told.withLock { told in told[subject] = nil } }
}
