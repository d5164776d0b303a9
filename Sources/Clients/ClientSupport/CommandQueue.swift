import CLinux
import Glibc
import Synchronization

/// Where any task leaves commands for one thread, which sleeps in `poll` or `epoll_wait`; an eventfd wakes it, and only when it sleeps.
///
/// The thread's part: `take(into:)`, work, and `prepareToSleep()` before each wait.
package final class CommandQueue<Command: Sendable>: Sendable {
    @usableFromInline struct State {
        @usableFromInline var commands: [Command] = []
        @usableFromInline var isAsleep = false
        @usableFromInline var isClosed = false

        @usableFromInline init() {}
    }

    /// What the thread waits for. Open as long as the queue lives, so that a late caller writes to nobody else's descriptor.
    package let descriptor: Int32
    @usableFromInline let state = Mutex(State())

    package init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "no file descriptor is left: raise the limit (ulimit -n)")
    }

    deinit { Glibc.close(descriptor) }

    /// Leaves a command; false when the queue is closed.
    @inlinable @discardableResult package func post(_ command: Command) -> Bool {
        let (accepted, wakes) = state.withLock { state in
            guard !state.isClosed else { return (false, false) }
            state.commands.append(command)
            defer { state.isAsleep = false }
            return (true, state.isAsleep)
        }
        if wakes { wake() }
        return accepted
    }

    /// Swaps what was left for `commands`, whose memory is used again.
    @inlinable package func take(into commands: inout [Command]) {
        commands.removeAll(keepingCapacity: true)
        state.withLock { state in
            swap(&state.commands, &commands)
            state.isAsleep = false
        }
    }

    /// Has the next command wake the thread. False when there is one already, so that the thread must not wait.
    @inlinable package func prepareToSleep() -> Bool {
        state.withLock { state in
            state.isAsleep = state.commands.isEmpty
            return state.isAsleep
        }
    }

    /// Takes a command back that the thread has not seen.
    @inlinable package func takeBack(where condition: (Command) -> Bool) -> Command? {
        state.withLock { state in state.commands.firstIndex(where: condition).map { state.commands.remove(at: $0) } }
    }

    /// Takes no more commands; returns those that the thread has not seen.
    @inlinable package func close() -> [Command] {
        state.withLock { state in
            state.isClosed = true
            defer { state.commands = [] }
            return state.commands
        }
    }

    @usableFromInline func wake() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    /// Makes the descriptor unreadable again.
    package func resetWakeUp() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }
}
