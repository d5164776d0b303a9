import Contracts
import FoundationEssentials
import Logging
import Platform

/// Looks at the free space of the disks that hold `TEMP_DIR`, `UPLOADS_DIR` and `LOGS_DIR`. Little is a warning; very
/// little is an alert, and temporary files are cleaned at once. The alert is over when the space is above the warning.
struct CheckDiskSpace: ReportJob {
    static let name = JobName.maintenanceCheckDiskSpace
    static let alert = "disk-space"

    let files: FileSettings
    let recipients: [Recipient]
    let logger: Logger

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        var devices: Set<UInt64> = []
        var looked = 0
        for (setting, path) in files.folders {
            guard let space = try await onFileThread({ DiskSpace(path) }) else {
                tx.recordFailure(of: setting, reason: "\(path) cannot be looked at: see the setting, and the rights of this service")
                try await tx.noteNoData(about: path, kind: Self.alert)
                continue
            }
            looked += 1
            // Several folders on one disk are one disk.
            guard devices.insert(space.device).inserted else { continue }
            try await judge(space, of: path, slice, tx)
        }
        if files.folders.isEmpty { tx.note("TEMP_DIR, UPLOADS_DIR, LOGS_DIR", "nothing done: none of TEMP_DIR, UPLOADS_DIR and LOGS_DIR is set") }
        return Progress(looked)
    }

    private func judge(_ space: DiskSpace, of path: String, _ slice: Slice, _ tx: Transaction) async throws {
        if space.percentFree < Double(files.alertPercent) {
            try await cleanAndAlert(space, of: path, slice, tx)
        } else if space.percentFree < Double(files.warningPercent) {
            tx.note(path, "warning: \(space)")
            if !slice.isDryRun { logger.warning("A disk is nearly full: \(path): \(space)") }
        } else {
            tx.note(path, "\(space)")
            try await tx.endAlert(Self.alert, about: path, how: "\(path): \(space)", mailTo: recipients)
        }
    }

    private func cleanAndAlert(_ space: DiskSpace, of path: String, _ slice: Slice, _ tx: Transaction) async throws {
        var figures = ["free": "\(space)"]
        var advice = "Make room on the disk of \(path), or give it more."
        if let temporary = files.temporary, !slice.isDryRun {
            var cleaner = FileSettings.temporaryCleaner(of: temporary, at: slice.now)
            cleaner.deadline = .now + FileSettings.sliceDuration
            let result = try await cleaner.cleanByThreads()
            result.note(on: tx, isDryRun: false)
            figures["temporary files removed"] = "\(result.removed.count) of \(result.bytes.asBytes)"
            figures["more free after it"] = result.freed.asBytes
            if result.bytes > 0, result.freed < result.bytes / 2 {
                advice += " Removing files freed less than they took: a removed file may still be open (lsof +L1)."
            }
            if !result.isFinished { try await tx.trigger(.maintenanceCleanTemporaryFiles) }
        }
        tx.note(path, "alert: \(space)")
        try await tx.open(
            Alert(Self.alert, about: path, summary: "The disk of \(path) is nearly full: \(space)", advice: advice, figures: figures),
            mailTo: recipients)
    }
}
