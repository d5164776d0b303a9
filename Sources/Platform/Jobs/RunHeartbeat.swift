/// Keeps the lease of a run while a slice of it waits for the outside world and holds no transaction.
struct RunHeartbeat: Sendable {
    let run: Int
    let slice: Int
    let runtime: ServiceRuntime

    /// Renews the lease while the body runs.
    func during(_ work: @Sendable () async throws -> Void) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await beat() }
            try await work()
            group.cancelAll()
        }
    }

    private func beat() async {
        while true {
            do { try await Task.sleep(for: runtime.runLease / 3) } catch { return }
            // Nobody can take the run up either while the database is away, and its loss is told by others; the next beat tries again.
            try? await runtime.transaction { try await JobRunStore.touch(run, slice: slice, $0) }
        }
    }
}
