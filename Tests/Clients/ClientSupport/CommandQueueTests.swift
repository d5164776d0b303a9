import ClientSupport
import Glibc
import Synchronization
import Testing

@Suite("Commands for a thread")
struct CommandQueueTests {
    private func isReadable<Command>(_ queue: CommandQueue<Command>) -> Bool {
        var descriptor = pollfd(fd: queue.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) == 1
    }

    @Test("Commands come out in their order, and only a thread that sleeps is woken, once")
    func wakesWhoSleeps() {
        let queue = CommandQueue<Int>()
        queue.post(1)
        #expect(!isReadable(queue), "nobody sleeps")
        #expect(!queue.prepareToSleep(), "there is a command")
        var commands = [9]
        queue.take(into: &commands)
        #expect(commands == [1])
        #expect(queue.prepareToSleep())
        queue.post(2)
        #expect(isReadable(queue))
        queue.resetWakeUp()
        queue.post(3)
        #expect(!isReadable(queue), "it was woken already")
        queue.take(into: &commands)
        #expect(commands == [2, 3])
    }

    @Test("A command that the thread has not seen is taken back")
    func takeBack() {
        let queue = CommandQueue<Int>()
        for number in 1...3 { queue.post(number) }
        #expect(queue.takeBack { $0 == 2 } == 2 && queue.takeBack { $0 == 2 } == nil)
        #expect(queue.close() == [1, 3])
    }

    @Test("A closed queue gives out what nobody has seen and takes nothing more")
    func close() {
        let queue = CommandQueue<Int>()
        #expect(queue.post(1))
        #expect(queue.close() == [1] && !queue.post(2) && queue.close().isEmpty)
    }

    @Test("A thread gets everything that many tasks leave, and sleeps in between")
    func underLoad() async throws {
        let queue = CommandQueue<Int?>()
        let sum = await withTaskGroup(of: Void.self) { group in
            for start in 0..<4 {
                group.addTask {
                    for number in 0..<2_500 {
                        queue.post(start * 2_500 + number)
                        if number % 100 == 0 { await Task.yield() }
                    }
                }
            }
            return await withCheckedContinuation { continuation in
                do {
                    try startThread(named: "queue-test", stack: 256 << 10) {
                        var (sum, seen) = (0, 0)
                        var commands: [Int?] = []
                        while seen < 10_000 {
                            if queue.prepareToSleep() {
                                var descriptor = pollfd(fd: queue.descriptor, events: Int16(POLLIN), revents: 0)
                                poll(&descriptor, 1, -1)
                                queue.resetWakeUp()
                            }
                            queue.take(into: &commands)
                            seen += commands.count
                            sum += commands.reduce(0) { $0 + ($1 ?? 0) }
                        }
                        continuation.resume(returning: sum)
                    }
                } catch {
                    Issue.record(error)
                    continuation.resume(returning: -1)
                }
            }
        }
        #expect(sum == 10_000 * 9_999 / 2)
    }

    @Test(
        "Durations are rounded up to milliseconds and never overflow",
        arguments: [
            (Duration.zero, 0), (.nanoseconds(1), 1), (.milliseconds(3), 3), (.microseconds(1_500), 2), (.microseconds(-1_500), -1),
            (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
        ] as [(Duration, Int64)])
    func milliseconds(duration: Duration, milliseconds: Int64) { #expect(duration.milliseconds == milliseconds) }

    @Test("poll waits for ever without an instant, and not at all for one that has passed")
    func pollTimeout() {
        #expect(Duration.pollTimeout(until: nil) == -1)
        #expect(Duration.pollTimeout(until: .now - .seconds(1)) == 0)
        #expect((1...1_000).contains(Duration.pollTimeout(until: .now + .seconds(1))))
        #expect(Duration.pollTimeout(until: .now + .seconds(1 << 40)) == .max)
    }
}
