import FoundationEssentials
import Synchronization

/// A time zone by its IANA name, with the rules of this machine's time zone database.
///
/// This is the only definition of a time zone, for schedules, reports, reminders and mails alike (docs/clock.md). A
/// valid name is `UTC`, `GMT`, or one that the database has with at least one lower-case letter, in its exact letter
/// case: `Europe/Berlin`, `Etc/GMT+5`, `Japan`. Abbreviations (`EST`, `IST`), POSIX strings (`UTC+3`, `EST5EDT`),
/// offsets (`+05:30`) and the other files of the database (`posix/…`, `right/…`, `localtime`) are not valid.
///
/// Foundation's own time zones know names only with ICU, whose data alone needs more memory than a service may use.
public struct CronZone: Sendable, Hashable, CustomStringConvertible {
    /// The IANA name, like `Europe/Berlin`.
    public let identifier: String
    /// Nil for UTC.
    private let file: TimeZoneFile?

    /// As the database has them now.
    var rules: TimeZoneRules { file?.rules ?? Self.noOffset }

    /// Coordinated universal time; needs no database.
    public static let utc = CronZone(identifier: "UTC", file: nil)
    private static let noOffset = TimeZoneRules(fixedOffset: 0)

    /// Where Linux distributions keep the compiled database (package tzdata).
    public static let databaseFolder = "/usr/share/zoneinfo"

    /// Looks a zone up; each is read once per process, and again when its file has changed (``TimeZoneFile``).
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
    /// - Parameter interval: How often the file is checked for changes.
    /// - Throws: `CronZoneError` as above.
    public init(_ identifier: String, folder: String, lookingAgainAfter interval: Duration = .seconds(60)) throws(CronZoneError) {
        guard Self.isName(identifier) else { throw .unknown(identifier) }
        guard let file = try TimeZoneFile(folder + "/" + identifier, lookingAgainAfter: interval) else {
            throw FileManager.default.fileExists(atPath: folder) ? .unknown(identifier) : .noDatabase(folder)
        }
        self.init(identifier: identifier, file: file)
    }

    private init(identifier: String, file: TimeZoneFile?) {
        self.identifier = identifier
        self.file = file
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

    /// A name becomes part of a path, so it must not lead out of the folder. A name in capitals alone is an
    /// abbreviation or a POSIX string, which are ambiguous; folders and files that are not zones begin with a small
    /// letter.
    private static func isName(_ identifier: String) -> Bool {
        if identifier == "GMT" { return true }
        guard identifier.utf8.count <= longestName, identifier != "Factory" else { return false }
        let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
        let smalls = UInt8(ascii: "a")...UInt8(ascii: "z")
        let parts = identifier.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return identifier.utf8.contains(where: smalls.contains)
            && parts.allSatisfy { part in
                part.first.map(capitals.contains) == true
                    && part.allSatisfy { capitals ~= $0 || smalls ~= $0 || "0123456789_+-".utf8.contains($0) }
            }
    }

    /// The longest name at present has 32 bytes.
    private static let longestName = 100
}

extension Double {
    func clamped(to range: ClosedRange<Double>) -> Double { Swift.min(Swift.max(self, range.lowerBound), range.upperBound) }
}
