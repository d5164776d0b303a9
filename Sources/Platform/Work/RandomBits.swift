import Glibc
import Synchronization

/// Random numbers of the kernel, fetched in blocks: a system call for each would cost as much as the rest of an id.
enum RandomBits {
    private static let words = Mutex<[UInt64]>([])

    /// 64 random bits.
    static func next() -> UInt64 {
        words.withLock { words in
            if words.isEmpty { words = some() }
            return words.removeLast()
        }
    }

    private static func some() -> [UInt64] {
        // getentropy(3) gives 256 bytes at most.
        var words = [UInt64](repeating: 0, count: 32)
        guard words.withUnsafeMutableBytes({ getentropy($0.baseAddress, $0.count) }) == 0 else { return [.random(in: 0...UInt64.max)] }
        return words
    }
}
