import Contracts
import FoundationEssentials
import Platform

/// Removes files named `*.log` below `LOGS_DIR` that were not changed for 30 days. One that a process has open stays.
struct CleanOldLogs: FolderJob {
    static let name = JobName.maintenanceCleanOldLogs
    static let setting = FileSettings.logs.description.name
    let folder: String?

    func cleaner(of folder: String, at now: Date) -> FileCleaner {
        FileCleaner(path: folder, before: now - FileSettings.logAge, now: now, suffix: ".log", removesFolders: false)
    }
}
