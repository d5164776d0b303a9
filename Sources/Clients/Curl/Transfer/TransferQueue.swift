import CCurl
import Glibc
import Synchronization

/// How callers hand orders to the reactor's thread: any thread puts in, that thread takes out.
final class TransferQueue: Sendable {
    /// What has come in since the last look.
    struct Mail {
        var orders: [(id: UInt64, order: TransferRequest)] = []
        var cancellations: [UInt64] = []
        var isClosing = false
    }

    private struct State {
        var mail = Mail()
        var lastID: UInt64 = 0
        /// The reactor has been woken and has not looked yet: one wake-up serves all who come meanwhile.
        var isRinging = false
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Readable when there is mail. Open as long as this object lives, so that a late caller rings nobody else's wakeUpDescriptor.
    let wakeUpDescriptor: Int32
    private let state = Mutex(State())

    init() {
        wakeUpDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(wakeUpDescriptor >= 0, "no file descriptor left for an HTTP client: raise the limit (ulimit -n)")
    }

    deinit { Glibc.close(wakeUpDescriptor) }

    /// A number for an order to come.
    func nextID() -> UInt64 {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    /// Puts in an order; answers it at once if the client is closed.
    func put(_ order: TransferRequest, id: UInt64) {
        let isOpen = change { state in
            guard !state.mail.isClosing, !state.hasEnded else { return false }
            state.mail.orders.append((id, order))
            return true
        }
        if !isOpen { order.fail(.closed) }
    }

    /// Gives up an order, wherever it is.
    func cancel(_ id: UInt64) {
        _ = change { state in
            guard !state.hasEnded else { return false }
            state.mail.cancellations.append(id)
            return true
        }
    }

    /// Asks the reactor to end.
    func close() {
        _ = change { state in
            guard !state.hasEnded else { return false }
            state.mail.isClosing = true
            return true
        }
    }

    /// Returns when the reactor has ended.
    func ended() async {
        await withCheckedContinuation { waiter in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiters.append(waiter) }
                return state.hasEnded
            }
            if hasEnded { waiter.resume() }
        }
    }

    /// For the reactor: what has come in. Once `isClosing` is true nothing comes any more.
    func take() -> Mail {
        var count: UInt64 = 0
        _ = read(wakeUpDescriptor, &count, 8)
        return state.withLock { state in
            let mail = state.mail
            state.mail.orders = []
            state.mail.cancellations = []
            state.isRinging = false
            return mail
        }
    }

    /// For the reactor: its last word.
    func end() {
        let (waiters, orders) = state.withLock { state in
            state.hasEnded = true
            defer {
                state.waiters = []
                state.mail.orders = []
            }
            return (state.waiters, state.mail.orders)
        }
        orders.forEach { $0.order.fail(.closed) }
        waiters.forEach { $0.resume() }
    }

    private func change(_ body: (inout State) -> Bool) -> Bool {
        let (isChanged, rings) = state.withLock { state in
            guard body(&state) else { return (false, false) }
            defer { state.isRinging = true }
            return (true, !state.isRinging)
        }
        if rings {
            var one: UInt64 = 1
            _ = write(wakeUpDescriptor, &one, 8)
        }
        return isChanged
    }
}
