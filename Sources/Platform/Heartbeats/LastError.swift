import Contracts
import FoundationEssentials
import Synchronization

/// The last error that each service of this process has logged, for its heartbeats. `LineLogHandler` notes it, beside
/// counting it by its kind.
final class LastError: Sendable {
    static let shared = LastError()

    struct Entry: Sendable {
        let kind: ErrorKind
        let text: String
        let at: ContinuousClock.Instant
    }

    /// The most characters of a text that are kept.
    private static let longest = 500

    private let entries = Mutex<[String: Entry]>([:])

    /// Notes an error of a service.
    func note(_ kind: ErrorKind, _ text: String, of service: String) {
        let entry = Entry(kind: kind, text: text.storable(atMost: Self.longest), at: .now)
        entries.withLock { $0[service] = entry }
    }

    subscript(service: String) -> Entry? { entries.withLock { $0[service] } }
}
