import Synchronization

/// Reserved bytes of a ``ByteBudget``, released when this object is deallocated.
final class ByteReservation: Sendable {
    private let budget: ByteBudget
    private let bytes: Mutex<Int>

    init(_ bytes: Int, of budget: ByteBudget) {
        self.budget = budget
        self.bytes = Mutex(bytes)
    }

    deinit { budget.release(bytes.withLock { $0 }) }

    /// Releases the bytes above this number.
    func shrink(to fewer: Int) {
        let surplus = bytes.withLock { bytes in
            let surplus = max(0, bytes - fewer)
            bytes -= surplus
            return surplus
        }
        if surplus > 0 { budget.release(surplus) }
    }
}
