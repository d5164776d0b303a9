import Platform

/// The figures of the first walk through the documents.
struct DocumentSurvey: Sendable {
    /// Files of any age.
    private(set) var files = 0
    /// Files that are old and have no row.
    private(set) var orphans = 0
    private var unreadable = CleaningResult.Files()
    private var foreign = CleaningResult.Files()
    private var problems = FileProblems()

    mutating func add(_ batch: DocumentWalk.Batch, orphans: Int) {
        files += batch.files
        self.orphans += orphans
        unreadable.add(batch.documents.filter { $0.text == nil }.map(\.path.forPeople))
        foreign.add(batch.foreign)
        problems = problems.adding(batch.problems)
    }

    /// Why nothing may be removed; nil when it may.
    /// - Parameter hasRows: Whether the table of documents has any row.
    func reasonToStop(hasRows: Bool, mostPercent: Int) -> String? {
        guard orphans > 0 else { return nil }
        if !hasRows { return "storefront.documents is empty, but there are \(files) files" }
        guard orphans > CleanOrphanedDocuments.fewOrphans, orphans * 100 > files * mostPercent else { return nil }
        return "\(orphans) of \(files) files have no row in storefront.documents, more than \(mostPercent) %"
    }

    /// Notes what is left alone on the run.
    func note(on tx: Transaction) {
        tx.note("left alone: the name is not UTF-8", count: unreadable.count, first: unreadable.first)
        tx.note("left alone: of another owner", count: foreign.count, first: foreign.first)
        problems.record(on: tx)
    }
}
