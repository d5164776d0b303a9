import ClientSupport
import Glibc

/// Runs calls that block on a thread of their own, and waits for their result without blocking a thread of the pool.
func onFileThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    // A lease that somebody breaks by opening the file is announced by this signal, whose default action ends the process.
    signal(SIGIO, SIG_IGN)
    return try await withCheckedThrowingContinuation { continuation in
        do {
            try startThread(named: "files", stack: 512 * 1024) { continuation.resume(with: Result { try body() }) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}
