import Synchronization

/// A number of bytes that many share: who reserves waits until there are as many left, first come first served.
///
/// Nobody may wait for a second reservation while holding a first one; so there is always somebody who goes on.
final class ByteBudget: Sendable {
    private struct State {
        var free: Int
        var waiting: [(bytes: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    /// All bytes, reserved or not.
    let size: Int
    private let state: Mutex<State>

    /// - Parameter size: The most that is reserved at any time.
    init(_ size: Int) {
        self.size = size
        state = Mutex(State(free: size))
    }

    /// Waits for this many bytes, at most all of the budget. They are free again when the reservation is gone.
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

    /// Gives bytes back, and to those who wait for them.
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
