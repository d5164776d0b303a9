import FoundationEssentials
import Glibc
import Synchronization

/// The current rules of a zone, read from its file: an update of tzdata takes effect in running services.
///
/// The file is checked when rules are asked for, at most once a minute, and read again when it was replaced. While it
/// is missing or damaged, as it may be during an update, the rules that were read last remain in use.
final class TimeZoneFile: Sendable {
    private struct State {
        var rules: TimeZoneRules
        var version: Version
        var checked: ContinuousClock.Instant
    }

    /// Identifies a version of the file. Packages keep their files' times, so a later time does not mean a newer file.
    private struct Version: Equatable {
        let seconds, nanoseconds, size, file: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            (seconds, nanoseconds, size) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec, Int(status.st_size))
            file = Int(truncatingIfNeeded: status.st_ino)
        }
    }

    private let path: String
    private let interval: Duration
    private let state: Mutex<State>

    /// Reads a file.
    /// - Parameter interval: The time between two checks.
    /// - Returns: nil when it does not exist.
    /// - Throws: `CronZoneError.unreadable` when it is not a time zone file.
    init?(_ path: String, lookingAgainAfter interval: Duration) throws(CronZoneError) {
        guard let version = Version(path), let data = FileManager.default.contents(atPath: path) else { return nil }
        guard let rules = TimeZoneRules(file: [UInt8](data)) else { throw .unreadable(path) }
        self.path = path
        self.interval = interval
        state = Mutex(State(rules: rules, version: version, checked: .now))
    }

    /// The current rules.
    var rules: TimeZoneRules {
        state.withLock { state in
            let now = ContinuousClock.now
            guard state.checked.duration(to: now) >= interval else { return state.rules }
            state.checked = now
            guard let version = Version(path), version != state.version, let data = FileManager.default.contents(atPath: path),
                let rules = TimeZoneRules(file: [UInt8](data))
            else { return state.rules }
            (state.rules, state.version) = (rules, version)
            return rules
        }
    }
}
