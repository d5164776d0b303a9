import CPostgres
import Glibc
import Logging
import Synchronization

/// Which connections there are, which are free, and who waits for one, in turn.
final class Pool: Sendable {
    private struct State {
        /// The one used last is at the end.
        var idle: [(id: Int, since: ContinuousClock.Instant)] = []
        var leased: Set<Int> = []
        /// The server's process behind each connection, as the login told.
        var processes: [Int: Int] = [:]
        var connecting = 0
        var waiters = Queue<ConnectionRequest>()
        var lastID = 0
        /// Connections up to this one are closed as soon as they are free.
        var retiredThrough = 0
        var isClosed = false
        var thread = Thread.none
        /// Who waits for the end: of the leases first, of the thread then.
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private enum Thread { case none, running, ended }
    private typealias Resumption = (continuation: CheckedContinuation<Int, any Error>, id: Int)

    let commandQueue = CommandQueue()
    /// Whether the last thing that was tried on the wire worked.
    let isConnected = Atomic(false)
    let configuration: PostgresConfiguration
    private let logger: Logger
    private let state = Mutex(State())

    init(_ configuration: PostgresConfiguration, _ logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// A connection to use alone until `release`.
    func lease() async throws -> Int {
        try Task.checkCancellation()
        if let free = try state.withLock({ try takeIdle(&$0) }) { return free }
        let request = ConnectionRequest()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { enqueue(request, $0) }
        } onCancel: {
            request.leave()
        }
    }

    var waitingCallers: Int { state.withLock { $0.waiters.count } }

    private func takeIdle(_ state: inout State) throws -> Int? {
        guard !state.isClosed else { throw PostgresError.closed }
        // The one used last: its statements are warm, and the others can age.
        guard let free = state.idle.popLast() else { return nil }
        state.leased.insert(free.id)
        return free.id
    }

    private func enqueue(_ request: ConnectionRequest, _ continuation: CheckedContinuation<Int, any Error>) {
        guard request.wait(continuation) else { return continuation.resume(throwing: CancellationError()) }
        do {
            let (free, connects): (Int?, Bool) = try state.withLock { state in
                if let free = try takeIdle(&state) { return (free, false) }
                state.waiters.append(request)
                return (nil, reserve(&state))
            }
            if let free { resume(request, with: free) }
            if connects { connect() }
        } catch {
            request.take()?.resume(throwing: error)
        }
    }

    private func resume(_ request: ConnectionRequest, with id: Int) {
        if let continuation = request.take() { continuation.resume(returning: id) } else { release(id, reusable: true) }
    }

    /// Gives a connection back. One that is not reusable is closed.
    func release(_ id: Int, reusable: Bool) {
        let (next, closes): (Resumption?, Bool) = state.withLock { state in
            guard reusable, !state.isClosed, id > state.retiredThrough else { return (nil, true) }
            guard state.leased.remove(id) != nil else { return (nil, false) }
            return (hand(id, &state), false)
        }
        if let next { return next.continuation.resume(returning: next.id) }
        if closes { drop(id) }
    }

    /// Closes every connection there is, those in use when they come back. Later callers get new ones.
    func retire() {
        let idle = state.withLock { state in
            state.retiredThrough = state.lastID
            defer { state.idle = [] }
            return state.idle.map(\.id)
        }
        for id in idle { drop(id) }
    }

    /// To the first in the queue, or to the free ones.
    private func hand(_ id: Int, _ state: inout State) -> Resumption? {
        while let request = state.waiters.first {
            state.waiters.removeFirst()
            guard let continuation = request.take() else { continue }
            state.leased.insert(id)
            return (continuation, id)
        }
        state.idle.append((id, .now))
        return nil
    }

    private func drop(_ id: Int) {
        commandQueue.post(.discard(id))
        forget(id)
    }

    /// The connection is no more; if somebody waits for one, another is made.
    private func forget(_ id: Int) {
        let (connects, closers) = state.withLock { state in
            state.idle.removeAll { $0.id == id }
            state.leased.remove(id)
            state.processes[id] = nil
            return (reserve(&state), endOfLeases(&state))
        }
        if connects { connect() }
        for closer in closers { closer.resume() }
    }

    private func endOfLeases(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        guard state.isClosed, state.leased.isEmpty else { return [] }
        defer { state.closers = [] }
        return state.closers
    }
}

// MARK: What the I/O thread knows

extension Pool {
    /// The server's process behind a connection, as the login told.
    func process(of id: Int) -> Int? { state.withLock { $0.processes[id] } }

    func oldestStatement() async -> (sql: String, age: Duration)? {
        guard state.withLock({ $0.thread == .running }) else { return nil }
        return await withCheckedContinuation { continuation in
            if !commandQueue.post(.inspect(continuation)) { continuation.resume(returning: nil) }
        }
    }
}

// MARK: What the I/O thread tells and asks

extension Pool {
    /// A connection broke.
    func lost(_ id: Int) {
        isConnected.store(false, ordering: .relaxed)
        forget(id)
    }

    /// Takes what has been idle for too long out of the pool. One connection is kept.
    func surplus(_ now: ContinuousClock.Instant) -> [Int] {
        guard let timeout = configuration.idleTimeout else { return [] }
        return state.withLock { state in
            var surplus: [Int] = []
            while state.idle.count + state.leased.count > 1, let oldest = state.idle.first, oldest.since + timeout <= now {
                state.idle.removeFirst()
                state.processes[oldest.id] = nil
                surplus.append(oldest.id)
            }
            return surplus
        }
    }

    /// When there may be a surplus again; nil while there is nothing to close.
    var nextExpiry: ContinuousClock.Instant? {
        guard let timeout = configuration.idleTimeout else { return nil }
        return state.withLock { state in
            guard state.idle.count + state.leased.count > 1 else { return nil }
            // A lease that ends does not wake the thread: look again one timeout from now.
            return (state.idle.first?.since ?? .now) + timeout
        }
    }
}

// MARK: Connecting and closing

extension Pool {
    /// Makes room for one more connection if somebody would wait for it otherwise.
    private func reserve(_ state: inout State) -> Bool {
        let count = state.idle.count + state.leased.count + state.connecting
        guard !state.isClosed, count < configuration.maximumConnections, state.connecting < state.waiters.count else { return false }
        state.connecting += 1
        return true
    }

    private func connect() {
        let isFirst = state.withLock { state in
            guard state.thread == .none else { return false }
            state.thread = .running
            return true
        }
        if isFirst { IOThread.start(commandQueue, self) { self.threadEnded() } }
        startThread(named: "postgres-connect", stack: 512 * 1024) {
            var again = true
            while again {
                do throws(PostgresError) {
                    self.connected(try Connector(configuration: self.configuration).connect())
                    again = false
                } catch {
                    again = self.refused(error)
                    // Only while others have connections: a server that is full for the moment.
                    if again { usleep(250_000) }
                }
            }
        }
    }

    private func connected(_ handle: ConnectionHandle) {
        isConnected.store(true, ordering: .relaxed)
        let process = Int(PQbackendPID(handle.pointer))
        let id = state.withLock { state in
            state.lastID += 1
            state.processes[state.lastID] = process
            return state.lastID
        }
        // Before anybody can have statements for it.
        guard commandQueue.post(.adopt(id, handle)) else { return PQfinish(handle.pointer) }
        logger.debug("connected to PostgreSQL", metadata: ["database": "\(configuration)", "connection": "\(id)"])
        let (next, closed): (Resumption?, Bool) = state.withLock { state in
            state.connecting -= 1
            return state.isClosed ? (nil, true) : (hand(id, &state), false)
        }
        if closed { commandQueue.post(.discard(id)) }
        next?.continuation.resume(returning: next?.id ?? id)
    }

    /// Whether to try again, because those who wait may get a connection yet; otherwise they are told.
    private func refused(_ error: PostgresError) -> Bool {
        isConnected.store(false, ordering: .relaxed)
        logger.debug("no connection to PostgreSQL", metadata: ["database": "\(configuration)", "error": "\(error)"])
        let waiters: [ConnectionRequest]? = state.withLock { state in
            if !state.isClosed, !state.waiters.isEmpty, !state.leased.isEmpty { return nil }
            state.connecting -= 1
            // Another connection that is on its way decides for those who still wait.
            guard state.connecting == 0, state.leased.isEmpty else { return [] }
            defer { state.waiters = Queue() }
            return state.waiters.compactMap { $0 }
        }
        for request in waiters ?? [] { request.take()?.resume(throwing: error) }
        return waiters == nil
    }

    /// Refuses new leases, waits for those there are, then closes everything.
    func close() async {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = Queue() }
            return state.waiters.compactMap { $0 }
        }
        for request in waiters { request.take()?.resume(throwing: PostgresError.closed) }
        // Whoever listens would keep a connection for ever.
        commandQueue.post(.endNotifications)
        await untilClosed { $0.leased.isEmpty }
        commandQueue.post(.stop)
        await untilClosed { $0.thread != .running }
    }

    /// For a client that is let go without `close`.
    func abandon() {
        state.withLock { $0.isClosed = true }
        commandQueue.post(.stop)
    }

    private func untilClosed(_ condition: (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isTrue = state.withLock { state in
                if condition(state) { return true }
                state.closers.append(continuation)
                return false
            }
            if isTrue { continuation.resume() }
        }
    }

    private func threadEnded() {
        let closers = state.withLock { state in
            state.thread = .ended
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }
}
