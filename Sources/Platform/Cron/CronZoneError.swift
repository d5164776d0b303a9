/// Why a time zone cannot be used.
public enum CronZoneError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The database has no zone of this name.
    case unknown(String)
    /// The machine has no time zone database in this folder.
    case noDatabase(String)
    /// This file of the database is damaged or of a kind that is not supported (leap seconds).
    case unreadable(String)

    /// One line for people, with what to do.
    public var description: String {
        switch self {
        case .unknown(let name): "there is no time zone '\(Self.short(name))'; write an IANA name like Europe/Berlin or UTC"
        case .noDatabase(let folder): "there is no time zone database in \(folder); install the package tzdata"
        case .unreadable(let file): "the time zone file \(file) cannot be read; install the package tzdata again"
        }
    }

    /// The name of a zone may be any text, of any length.
    private static func short(_ name: String) -> String { name.count > 60 ? name.prefix(60) + "…" : name }
}
