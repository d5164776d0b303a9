import Synchronization

/// Bytes of a ``ByteBudget``; whoever holds this holds them.
final class ByteReservation: Sendable {
    private let budget: ByteBudget
    private let bytes: Mutex<Int>

    init(_ bytes: Int, of budget: ByteBudget) {
        self.budget = budget
        self.bytes = Mutex(bytes)
    }

    deinit { budget.release(bytes.withLock { $0 }) }

    /// Gives back what is more than this.
    func shrink(to fewer: Int) {
        let surplus = bytes.withLock { bytes in
            let surplus = max(0, bytes - fewer)
            bytes -= surplus
            return surplus
        }
        if surplus > 0 { budget.release(surplus) }
    }
}
