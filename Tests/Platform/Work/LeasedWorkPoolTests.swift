import Logging
import Support
import Synchronization
import Testing

@testable import Platform

@Suite("The leased work pool")
struct LeasedWorkPoolTests {
    /// What a run saw.
    private final class Book: Sendable {
        struct State {
            var waiting: [Int]
            var performing = 0
            var mostPerforming = 0
            var recorded: [Int] = []
            var turns = 0
        }

        let state: Mutex<State>
        init(_ items: [Int]) { state = Mutex(State(waiting: items)) }

        /// - Parameter surplus: How many more than it was asked for a claim returns.
        func pool(concurrency: Int, failingTurn: Int? = nil, surplus: Int = 0) -> LeasedWorkPool<Int, Int> {
            LeasedWorkPool(concurrency: concurrency, logger: TestServers.logger) { finished, wanted in
                try self.state.withLock { state in
                    state.turns += 1
                    if state.turns == failingTurn { throw Broken() }
                    state.recorded += finished.map(\.1)
                    let taken = Array(state.waiting.prefix(wanted == 0 ? 0 : wanted + surplus))
                    state.waiting.removeFirst(taken.count)
                    return taken
                }
            } perform: { item in
                self.state.withLock {
                    $0.performing += 1
                    $0.mostPerforming = max($0.mostPerforming, $0.performing)
                }
                await Task.yield()
                self.state.withLock { $0.performing -= 1 }
                return item * 10
            }
        }
    }

    private struct Broken: Error {}

    @Test("Everything is performed once and recorded once, never more at once than there are places")
    func everything() async throws {
        let book = Book(Array(1...500))
        try await book.pool(concurrency: 7).run()
        let state = book.state.withLock { $0 }
        #expect(state.recorded.sorted() == (1...500).map { $0 * 10 })
        #expect(state.mostPerforming <= 7)
        #expect(state.performing == 0)
    }

    @Test("Of a claim that returns more than it was asked for only as many are performed as there are places")
    func surplus() async throws {
        let book = Book(Array(1...500))
        try await book.pool(concurrency: 4, surplus: 90).run()
        let state = book.state.withLock { $0 }
        #expect(state.mostPerforming <= 4)
        #expect(state.waiting.isEmpty)
        #expect(Set(state.recorded).count == state.recorded.count)
        #expect(!state.recorded.isEmpty)
        #expect(state.recorded.count <= 4 * state.turns)
    }

    @Test("When it is to stop it claims nothing more and records what it had claimed")
    func stops() async throws {
        let book = Book(Array(1...1000))
        try await book.pool(concurrency: 5).run(isStopping: { book.state.withLock { $0.recorded.count >= 20 } })
        let state = book.state.withLock { $0 }
        #expect(state.recorded.count + state.waiting.count == 1000)
        #expect(state.recorded.count < 1000)
    }

    @Test("Nothing to do is one turn")
    func nothing() async throws {
        let book = Book([])
        try await book.pool(concurrency: 5).run()
        #expect(book.state.withLock(\.turns) == 1)
    }

    @Test("A turn that fails ends the run with its error")
    func turnFails() async {
        let book = Book(Array(1...100))
        await #expect(throws: Broken.self) { try await book.pool(concurrency: 5, failingTurn: 3).run() }
    }
}

@Suite("Signals, gates and handoffs")
struct SignalTests {
    @Test("A signal that was raised before anybody waited is not lost")
    func early() async {
        let signal = AsyncSignal()
        signal.raise()
        signal.raise()
        await signal.wait()
        let started = ContinuousClock.now
        await signal.wait(atMost: .milliseconds(20))
        #expect(ContinuousClock.now - started >= .milliseconds(20))
    }

    @Test("A gate lets all waiters through, and a cancelled one too")
    func gate() async {
        let gate = AsyncLatch()
        let cancelled = Task { await gate.wait() }
        cancelled.cancel()
        await cancelled.value
        async let one: Void = gate.wait()
        async let two: Void = gate.wait()
        gate.open()
        await one
        await two
        await gate.wait()
        #expect(gate.isOpen)
    }

    @Test("A handoff keeps the order, gives as many as have gathered, and ends")
    func handoff() async {
        let handoff = BatchBuffer<Int>()
        handoff.put([1, 2, 3])
        handoff.put([4, 5])
        #expect(await handoff.take(atMost: 4) == [1, 2, 3, 4])
        handoff.finish()
        #expect(await handoff.take(atMost: 4) == [5])
        #expect(await handoff.take(atMost: 4) == nil)
    }

    @Test("A handoff gives no more than what one can carry, but always something")
    func weight() async {
        let handoff = BatchBuffer<Int>()
        handoff.put([4, 5, 2, 30, 1])
        handoff.finish()
        func take() async -> [Int]? { await handoff.take(atMost: 2, weighing: 10) { $0 } }
        #expect(await take() == [4, 5])
        #expect(await take() == [2])
        #expect(await take() == [30])
        #expect(await take() == [1])
        #expect(await take() == nil)
    }

    @Test("Pauses double up to the longest, with jitter between a half and the whole")
    func backoff() {
        for _ in 0..<100 {
            #expect((.seconds(2) ... .seconds(4)).contains(Backoff.pause(after: 2, first: .seconds(1), longest: .seconds(60))))
            #expect((.seconds(30) ... .seconds(60)).contains(Backoff.pause(after: 500, first: .seconds(1), longest: .seconds(60))))
        }
    }
}
