import FoundationEssentials
import Synchronization

/// A time zone by its IANA name, with the rules of this machine's time zone database.
///
/// Foundation's own time zones know names only together with ICU, whose data alone is more memory than a service may use.
public struct CronZone: Sendable, Hashable, CustomStringConvertible {
    /// The IANA name, like `Europe/Berlin`.
    public let identifier: String
    let rules: TimeZoneRules

    /// Coordinated universal time; needs no database.
    public static let utc = CronZone(identifier: "UTC", rules: TimeZoneRules(fixedOffset: 0))

    /// Where Linux distributions keep the compiled database (package tzdata).
    public static let databaseFolder = "/usr/share/zoneinfo"

    /// Looks a zone up; each is read once a process.
    ///
    /// - Throws: `CronZoneError` when there is no such zone, or no database.
    public init(_ identifier: String) throws(CronZoneError) {
        if identifier == "UTC" {
            self = .utc
            return
        }
        if let known = Self.read.withLock({ $0[identifier] }) {
            self = known
            return
        }
        try self.init(identifier, folder: Self.databaseFolder)
        Self.read.withLock { [self] in $0[identifier] = self }
    }

    /// Looks a zone up in the database of another folder.
    ///
    /// - Throws: `CronZoneError` as above.
    public init(_ identifier: String, folder: String) throws(CronZoneError) {
        guard Self.isName(identifier) else { throw .unknown(identifier) }
        let file = folder + "/" + identifier
        guard let data = FileManager.default.contents(atPath: file) else {
            throw FileManager.default.fileExists(atPath: folder) ? .unknown(identifier) : .noDatabase(folder)
        }
        guard let rules = TimeZoneRules(file: [UInt8](data)) else { throw .unreadable(file) }
        self.init(identifier: identifier, rules: rules)
    }

    private init(identifier: String, rules: TimeZoneRules) {
        self.identifier = identifier
        self.rules = rules
    }

    /// Seconds that local time is ahead of UTC at an instant.
    public func offset(at instant: Date) -> Int {
        rules.span(at: Int(instant.timeIntervalSince1970.rounded(.down).clamped(to: -1e12...1e12))).offset
    }

    /// The IANA name.
    public var description: String { identifier }

    /// Zones are the same when their names are.
    public static func == (left: CronZone, right: CronZone) -> Bool { left.identifier == right.identifier }

    /// Feeds the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(identifier) }

    private static let read = Mutex<[String: CronZone]>([:])

    /// A name becomes part of a path, so it must not lead out of the folder.
    private static func isName(_ identifier: String) -> Bool {
        let parts = identifier.split(separator: "/", omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || "0123456789_+-".utf8.contains($0) }
        }
    }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double { Swift.min(Swift.max(self, range.lowerBound), range.upperBound) }
}
