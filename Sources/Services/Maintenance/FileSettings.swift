import FoundationEssentials
import Platform

/// The folders that the file jobs clean, and their limits. A job whose folder is not set does nothing and says so.
struct FileSettings: Sendable {
    static let temporary = Setting.folder("TEMP_DIR", "the folder of temporary files: those older than a day are removed")
    static let uploads = Setting.folder("UPLOADS_DIR", "the folder of documents: storefront.documents.path is relative to it")
    static let logs = Setting.folder("LOGS_DIR", "the folder of logs: *.log older than 30 days are removed")
    static let warning = Setting.integer("DISK_WARNING_PERCENT", default: 10, in: 0...100, "free space of a disk, of 100, below which is a warning")
    static let alert = Setting.integer(
        "DISK_ALERT_PERCENT", default: 5, in: 0...100, "free space below which is an alert, and temporary files are cleaned at once")
    static let orphans = Setting.integer(
        "ORPHANS_PERCENT", default: 20, in: 0...100, "the most documents without a row, of 100; when there are more, none is removed")

    static let all = [
        temporary.description, uploads.description, logs.description, warning.description, alert.description, orphans.description,
    ]

    /// Temporary files that were not changed for a day are nobody's.
    static let temporaryAge: TimeInterval = 86_400
    /// How long logs are kept.
    static let logAge: TimeInterval = 30 * 86_400
    /// How old a document must be before it can be an orphan: its row may come later than its file.
    static let documentAge: TimeInterval = 30 * 86_400
    /// How long a slice removes files. Well below the time that a stop may take.
    static let sliceDuration = Duration.seconds(5)

    let temporary: String?
    let uploads: String?
    let logs: String?
    let warningPercent: Int
    let alertPercent: Int
    let orphansPercent: Int

    init(_ settings: Settings) throws(ConfigurationError) {
        temporary = try settings.optional(Self.temporary)
        uploads = try settings.optional(Self.uploads)
        logs = try settings.optional(Self.logs)
        warningPercent = try settings.value(Self.warning)
        alertPercent = try settings.value(Self.alert)
        orphansPercent = try settings.value(Self.orphans)
    }

    /// The folders that are set, with the names of their settings.
    var folders: [(setting: String, path: String)] {
        [(Self.temporary.description.name, temporary), (Self.uploads.description.name, uploads), (Self.logs.description.name, logs)]
            .compactMap { setting, path in path.map { (setting, $0) } }
    }

    /// Removes temporary files.
    static func temporaryCleaner(of folder: String, at now: Date) -> FileCleaner {
        FileCleaner(path: folder, before: now - temporaryAge, now: now)
    }
}
