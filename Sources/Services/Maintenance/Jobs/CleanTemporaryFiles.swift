import Contracts
import FoundationEssentials
import Platform

/// Removes files below `TEMP_DIR` that were not changed for a day, and folders that are empty and as old.
struct CleanTemporaryFiles: FolderJob {
    static let name = JobName.maintenanceCleanTemporaryFiles
    static let setting = FileSettings.temporary.description.name
    let folder: String?

    func cleaner(of folder: String, at now: Date) -> FileCleaner { FileSettings.temporaryCleaner(of: folder, at: now) }
}
