import Synchronization

/// A shared number of bytes. A reservation waits until enough bytes are free, first come, first served.
///
/// A task that holds a reservation must not wait for a second one; otherwise all tasks could wait for each other.
final class ByteBudget: Sendable {
    private struct State {
        var free: Int
        var waiting: [(bytes: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    /// All bytes, reserved or not.
    let size: Int
    private let state: Mutex<State>

    /// - Parameter size: The maximum number of bytes reserved at any time.
    init(_ size: Int) {
        self.size = size
        state = Mutex(State(free: size))
    }

    /// Waits for this many bytes, limited to the whole budget. They are released when the reservation is deallocated.
    func reserve(_ bytes: Int) async -> ByteReservation {
        let bytes = min(bytes, size)
        await withCheckedContinuation { continuation in
            let isReserved = state.withLock { state in
                guard state.waiting.isEmpty, state.free >= bytes else {
                    state.waiting.append((bytes, continuation))
                    return false
                }
                state.free -= bytes
                return true
            }
            if isReserved { continuation.resume() }
        }
        return ByteReservation(bytes, of: self)
    }

    /// Releases bytes, and resumes tasks that wait for them.
    func release(_ bytes: Int) {
        let next = state.withLock { state in
            state.free += bytes
            var next: [CheckedContinuation<Void, Never>] = []
            while let first = state.waiting.first, first.bytes <= state.free {
                state.free -= first.bytes
                next.append(first.continuation)
                state.waiting.removeFirst()
            }
            return next
        }
        for continuation in next { continuation.resume() }
    }
}
