import NIOCore
import ServiceLifecycle
import Synchronization

/// The active faults, the base latency of each stub, and the connections that are left hanging.
final class Faults: Sendable {
    /// A fault and its progress.
    private struct Entry {
        let id: Int
        let request: FaultRequest
        var matched = 0
        var applied = 0
        var hanging: [ObjectIdentifier: any Channel] = [:]
        /// The promises that end the current delays, by number.
        var delays: [Int: EventLoopPromise<Void>] = [:]

        var isSpent: Bool { request.times.map { applied >= $0 } ?? false }
    }

    private struct State {
        var lastId = 0
        var lastDelay = 0
        var entries: [Entry] = []
        var latency: [StubID: Duration] = [:]
    }

    private let state = Mutex(State())

    /// Adds a fault and returns its id.
    func add(_ request: FaultRequest) -> Int {
        state.withLock { state in
            state.lastId += 1
            state.entries.append(Entry(id: state.lastId, request: request))
            return state.lastId
        }
    }

    /// The first fault that applies to this request, counted as applied; nil when there is none.
    func apply(_ part: StubID, _ subject: @autoclosure () -> FaultSubject) -> (id: Int, action: FaultRequest.Action)? {
        state.withLock { state in
            guard state.entries.contains(where: { $0.request.part == part }) else { return nil }
            let subject = subject()
            for index in state.entries.indices {
                let entry = state.entries[index]
                guard entry.request.part == part, !entry.isSpent else { continue }
                if let stage = subject.stage, entry.request.stage != stage { continue }
                guard entry.request.match?.matches(subject) ?? true else { continue }
                state.entries[index].matched += 1
                guard state.entries[index].matched > entry.request.after ?? 0 else { continue }
                state.entries[index].applied += 1
                return (entry.id, entry.request.action)
            }
            return nil
        }
    }

    /// Leaves a connection without an answer until the caller closes it, its fault is deleted, or the sandbox stops.
    func hang(_ channel: any Channel, fault: Int) async {
        let key = ObjectIdentifier(channel)
        let isOrdered = state.withLock { state in
            guard let index = state.entries.firstIndex(where: { $0.id == fault }) else { return false }
            state.entries[index].hanging[key] = channel
            return true
        }
        if !isOrdered { channel.close(promise: nil) }
        await withTaskCancellationOrGracefulShutdownHandler {
            try? await channel.closeFuture.get()
        } onCancelOrGracefulShutdown: {
            channel.close(promise: nil)
        }
        state.withLock { state in
            guard let index = state.entries.firstIndex(where: { $0.id == fault }) else { return }
            state.entries[index].hanging[key] = nil
        }
    }

    /// Waits for the duration, or until the fault is deleted. Throws only when the sandbox stops.
    func delay(_ duration: Duration, fault: Int, on loop: any EventLoop) async throws {
        guard duration > .zero else { return }
        let end = loop.makePromise(of: Void.self)
        let timer = loop.scheduleTask(in: TimeAmount(duration)) { end.succeed() }
        let number = state.withLock { state -> Int? in
            guard let index = state.entries.firstIndex(where: { $0.id == fault }) else { return nil }
            state.lastDelay += 1
            state.entries[index].delays[state.lastDelay] = end
            return state.lastDelay
        }
        if number == nil { end.succeed() }
        defer {
            timer.cancel()
            state.withLock { state in
                guard let number, let index = state.entries.firstIndex(where: { $0.id == fault }) else { return }
                state.entries[index].delays[number] = nil
            }
        }
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await end.futureResult.get()
        } onCancelOrGracefulShutdown: {
            end.fail(CancellationError())
        }
    }

    /// Removes faults and ends their hanging connections and delays: one by its id, those of some stubs, or all.
    /// Returns the number removed.
    @discardableResult
    func remove(id: Int? = nil, parts: Set<StubID> = Set(StubID.allCases)) -> Int {
        let removed = state.withLock { state in
            let removed = state.entries.filter { (id == nil || $0.id == id) && parts.contains($0.request.part) }
            let ids = Set(removed.map(\.id))
            state.entries.removeAll { ids.contains($0.id) }
            return removed
        }
        for channel in removed.flatMap(\.hanging.values) { channel.close(promise: nil) }
        for delay in removed.flatMap(\.delays.values) { delay.succeed() }
        return removed.count
    }

    /// All faults, including those that were applied as often as requested.
    var reports: [FaultReport] {
        state.withLock { state in
            state.entries.map { FaultReport(id: $0.id, fault: $0.request, matched: $0.matched, applied: $0.applied) }
        }
    }

    /// Sets the minimum latency of every answer of a stub.
    func setLatency(_ latency: Duration, of part: StubID) {
        state.withLock { $0.latency[part] = latency }
    }

    func latency(of part: StubID) -> Duration {
        state.withLock { $0.latency[part] ?? .zero }
    }
}
