import ClientSupport
import Dispatch
import Glibc
import Metrics
import Synchronization

/// Writes log lines from a thread of its own, so that logging never waits for the reader of the log.
///
/// A pipe without a reader fills up, and a write to it then blocks (pipe(7)). So lines wait in a buffer. When that is
/// full too they are dropped and counted (`boxoffice_log_lines_dropped_total`), and one line says how many are missing
/// when the reader reads again. `O_NONBLOCK` would not do: it belongs to the open file, which a terminal and other
/// processes share.
public final class LogWriter: Sendable {
    /// A line that says how many are missing.
    typealias Notice = @Sendable (_ dropped: Int) -> [UInt8]

    private struct State {
        var pending: [UInt8] = []
        var dropped = 0
        var notice: Notice?
        var isWriting = false
        /// The thread was woken and has not looked yet: one wake-up serves all lines that arrive in between.
        var isRinging = false
        /// The last line was appended: no line may follow it.
        var isClosed = false
    }

    /// The log of this process.
    static let standardError = LogWriter(STDERR_FILENO)

    private let descriptor: Int32
    private let capacity: Int
    private let dropped: Counter
    private let state = Mutex(State())
    /// Signalled when there are lines.
    private let bell = DispatchSemaphore(value: 0)

    /// A writer to a descriptor, for the rest of the process.
    /// - Parameter capacity: How many bytes of lines may wait.
    init(_ descriptor: Int32, capacity: Int = 1 << 20, dropped: Counter = Metric.logLinesDropped()) {
        self.descriptor = descriptor
        self.capacity = capacity
        self.dropped = dropped
        do {
            try startThread(named: "log", stack: 256 << 10) { self.work() }
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Appends a line, with its line break, to those that wait; returns at once.
    /// - Parameter notice: Makes the line about missing ones, when this one has to be dropped.
    func append(_ line: [UInt8], whenDropped notice: @escaping Notice) {
        let (isDropped, rings) = state.withLock { state in
            if state.isClosed { return (false, false) }
            guard state.pending.count + line.count <= capacity else {
                state.dropped += 1
                state.notice = notice
                return (true, false)
            }
            state.pending += line
            defer { state.isRinging = true }
            return (false, !state.isRinging)
        }
        if isDropped { dropped.increment() }
        if rings { bell.signal() }
    }

    /// Appends the line with the reason why the process ends, even if the buffer is full. Later lines, which parts of
    /// the process write while they are torn down, are discarded, so that the reason is the last line.
    func appendLast(_ line: String) {
        state.withLock { state in
            if state.isClosed { return }
            state.pending += Array(line.utf8)
            state.isClosed = true
            state.isRinging = true
        }
        bell.signal()
    }

    /// Waits until all lines are written, or until the time is up.
    func flush(within limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        while !isIdle, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(1)) }
    }

    /// Waits like ``flush(within:)``, but blocks its thread.
    func flushBlocking(within limit: Duration) {
        let deadline = ContinuousClock.now + limit
        while !isIdle, ContinuousClock.now < deadline { usleep(1000) }
    }

    private var isIdle: Bool { state.withLock { !$0.isWriting && $0.pending.isEmpty } }
}

extension LogWriter {
    private func work() -> Never {
        while true {
            bell.wait()
            while let lines = take() { write(lines) }
        }
    }

    /// The waiting lines; nil when there are none. The notice about dropped lines follows them, because lines were
    /// dropped after the buffer had filled.
    private func take() -> [UInt8]? {
        let (pending, dropped, notice) = state.withLock { state in
            defer {
                state.isWriting = !state.pending.isEmpty
                state.isRinging = false
                (state.pending, state.dropped, state.notice) = ([], 0, nil)
            }
            return (state.pending, state.dropped, state.notice)
        }
        guard let notice, dropped > 0 else { return pending.isEmpty ? nil : pending }
        return pending + notice(dropped)
    }

    /// Writes whole lines, in pieces that a pipe accepts atomically: lines of several processes do not mix (pipe(7),
    /// `PIPE_BUF`).
    private func write(_ lines: [UInt8]) {
        var start = 0
        while start < lines.count {
            let lineBreak = UInt8(ascii: "\n")
            let piece = lines[start..<min(start + Int(PIPE_BUF), lines.count)]
            let end = piece.lastIndex(of: lineBreak) ?? lines[start...].firstIndex(of: lineBreak) ?? lines.endIndex - 1
            if !Self.write(lines[start...end], to: descriptor) { dropped.increment(by: lines[start...end].count { $0 == lineBreak }) }
            start = end + 1
        }
    }

    /// Writes all bytes to a descriptor. Returns false, with `errno` set, when that fails: a full disk, a reader that is
    /// gone.
    public static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var bytes = bytes
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno == EAGAIN {
                // Another process has made the open file non-blocking.
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = Glibc.poll(&poll, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
