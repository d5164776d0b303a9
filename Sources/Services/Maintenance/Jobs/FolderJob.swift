import FoundationEssentials
import Platform

/// A job that removes old files below one folder.
///
/// Files are no rows: what a slice has removed stays removed if its transaction fails, and the next one goes on with
/// what is left. A slice that has removed something ends after a few seconds; the one that looks at everything is the
/// last, and notes what was left alone.
protocol FolderJob: Job {
    /// The folder; nil when its setting is not set.
    var folder: String? { get }
    /// The name of the setting.
    static var setting: String { get }
    /// What is to be removed.
    func cleaner(of folder: String, at now: Date) -> FileCleaner
}

extension FolderJob {
    /// There are no rows to divide a slice by.
    static var sliceLimit: Int { 1 }

    /// There are no rows.
    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? { nil }

    /// Walks through the folder.
    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        guard let folder else {
            tx.note(Self.setting, "nothing done: \(Self.setting) is not set")
            return Progress(0)
        }
        var cleaner = cleaner(of: folder, at: slice.now)
        cleaner.isDryRun = slice.isDryRun
        // A dry run removes nothing, so it must look at everything at once.
        cleaner.deadline = slice.isDryRun ? nil : .now + FileSettings.sliceDuration
        let result = try await cleaner.isDryRun ? onFileThread { [cleaner] in try cleaner.clean() } : cleaner.cleanByThreads()
        result.note(on: tx, isDryRun: slice.isDryRun)
        return Progress(result.removed.count, more: !result.isFinished)
    }
}
