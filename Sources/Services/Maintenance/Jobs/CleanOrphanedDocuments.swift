import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Removes documents below `UPLOADS_DIR` that were not changed for 30 days and that no row of `storefront.documents`
/// names.
///
/// The folder is walked through twice: first to count, then to remove. When the table is empty, or when too many files
/// have no row, it is more likely that rows are missing than that files are too many: nothing is removed, and that is
/// an alert. Rows are looked up after their files were listed, and again right before the removal.
struct CleanOrphanedDocuments: ReportJob {
    static let name = JobName.maintenanceCleanOrphanedDocuments
    static let alert = "orphaned-documents"
    /// So few orphans are never too many.
    static let fewOrphans = 10
    /// Files that are looked up in one statement.
    private static let batch = 1000

    let folder: String?
    let mostPercent: Int
    let recipients: [Recipient]

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        guard let folder else {
            tx.note("UPLOADS_DIR", "nothing done: UPLOADS_DIR is not set")
            return Progress(0)
        }
        var survey = DocumentSurvey()
        try await walk(folder, slice, tx) { orphans, batch, _ in survey.add(batch, orphans: orphans.count) }
        let hasRows = try await tx.row(Self.hasRows, as: Bool.self)
        if let reason = survey.reasonToStop(hasRows: hasRows, mostPercent: mostPercent) {
            tx.note(folder, "stopped: \(reason)")
            try await tx.open(
                Alert(
                    Self.alert, about: folder, summary: "No document was removed: \(reason)",
                    advice: "See whether storefront.documents is complete and UPLOADS_DIR is the right folder; a dry run lists the files."),
                mailTo: recipients)
            if !slice.isDryRun { return Progress(0) }
        } else {
            try await tx.endAlert(
                Self.alert, about: folder, how: "\(survey.orphans) of \(survey.files) documents have no row.", mailTo: recipients)
        }
        survey.note(on: tx)
        return Progress(try await remove(folder, slice, tx))
    }

    private func remove(_ folder: String, _ slice: Slice, _ tx: Transaction) async throws -> Int {
        var result = CleaningResult()
        let before = try await onFileThread { DiskSpace(folder) }
        try await walk(folder, slice, tx) { orphans, _, walk in
            if slice.isDryRun {
                result.removed.add(orphans.map(\.path.forPeople))
                return
            }
            for (document, outcome) in try await onFileThread({ orphans.map { ($0, walk.remove($0)) } }) {
                result.add(outcome) { document.path }
            }
        }
        if let before, let after = try await onFileThread({ DiskSpace(folder) }) { result.freed = after.free - before.free }
        result.note(on: tx, isDryRun: slice.isDryRun)
        return result.removed.count
    }
}

extension CleanOrphanedDocuments {
    /// Walks through the folder in batches, and calls the body with the documents of each that have no row.
    private func walk(
        _ folder: String, _ slice: Slice, _ tx: Transaction, _ body: ([DocumentWalk.Document], DocumentWalk.Batch, DocumentWalk) async throws -> Void
    ) async throws {
        let before = slice.now - FileSettings.documentAge
        let walk = try await onFileThread { try DocumentWalk(folder, before: before) }
        var isLast = false
        while !isLast {
            let batch = try await onFileThread { walk.next(Self.batch) }
            isLast = batch.isLast
            try await body(try await orphans(of: batch.documents, in: folder, tx), batch, walk)
        }
    }

    /// Those that no row names, whatever the form of its path. A name that is not UTF-8 can be in no row, and is left
    /// alone.
    private func orphans(of documents: [DocumentWalk.Document], in folder: String, _ tx: Transaction) async throws -> [DocumentWalk.Document] {
        let known = documents.compactMap { document in document.text.map { (document, $0) } }
        guard !known.isEmpty else { return [] }
        let named = Set(try await tx.query(Self.named, as: Int.self, known.map(\.1), known.map { "\(folder)/\($0.1)" }))
        return known.enumerated().filter { !named.contains($0.offset + 1) }.map(\.element.0)
    }

    private static let hasRows: SQL = "select count(*) > 0 from (select from storefront.document_paths order by document_id limit 1) few"

    /// The places of paths that have a row. A row may have the path below the folder, or the whole one.
    private static let named: SQL = """
        select wanted.place::int
        from unnest($1::text[], $2::text[]) with ordinality as wanted (path, whole, place)
        where exists (
            select from storefront.document_paths d
            where d.path_key = any (array[md5(storefront.document_key(wanted.path)), md5(storefront.document_key(wanted.whole))]) offset 0)
        """
}
