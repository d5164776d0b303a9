/// A job whose rows are processed in phases: when one phase has no more rows, the slice goes on with the next.
public protocol PhasedJob: Job {
    /// The phases in their order.
    var phases: [JobPhase] { get }
}

/// One phase of a job, with cursors of its own.
public struct JobPhase: Sendable {
    let name: String
    let run: @Sendable (Slice, Transaction) async throws -> Progress
    let firstRow: @Sendable (Slice, Transaction) async throws -> JobRow?

    /// A phase; its functions are those of a ``Job``.
    /// - Parameter name: One word, stored in the cursors of runs.
    public init(
        _ name: String, run: @escaping @Sendable (Slice, Transaction) async throws -> Progress,
        firstRow: @escaping @Sendable (Slice, Transaction) async throws -> JobRow?
    ) {
        self.name = name
        self.run = run
        self.firstRow = firstRow
    }

    func cursor(_ cursor: String?) -> String { "\(name) \(cursor ?? "")" }
}

extension PhasedJob {
    /// Processes rows of the phase in which the slice begins, and of the next ones if it has no more.
    public func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        var count = 0
        for (phase, slice) in rest(of: slice) {
            let progress = try await phase.run(slice, tx)
            count += progress.count
            if progress.more { return Progress(count, more: true, cursor: phase.cursor(progress.cursor)) }
        }
        return Progress(count)
    }

    /// The first row of the phase in which the slice begins or, if it has none, of the next one.
    public func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        for (phase, slice) in rest(of: slice) {
            if let row = try await phase.firstRow(slice, tx) { return JobRow(row.name, cursor: phase.cursor(row.cursor)) }
        }
        return nil
    }

    /// The phases from the slice's cursor on, each with the part of the slice that it may process.
    private func rest(of slice: Slice) -> [(JobPhase, Slice)] {
        let parts = (slice.cursor ?? "").split(separator: " ", maxSplits: 1)
        let first = phases.firstIndex { $0.name == parts.first.map(String.init) } ?? 0
        return phases[first...].enumerated().map { index, phase in
            var own = slice
            own.cursor = index == 0 && parts.count == 2 && phase.name == parts[0] ? String(parts[1]) : nil
            return (phase, own)
        }
    }
}
