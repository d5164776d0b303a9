/// Renews the lease of a run while a slice of it waits for an external service and holds no transaction.
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
            // While the database is away no other process can claim the run, and others report the outage; the next
            // beat tries again.
            try? await runtime.transaction { try await JobRunStore.touch(run, slice: slice, $0) }
        }
    }
}
