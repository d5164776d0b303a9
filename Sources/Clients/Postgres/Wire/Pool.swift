import CPostgres
import ClientSupport
import Glibc
import Logging
import Synchronization

/// The connections of one client: carries out what its state machine decides.
final class Pool: Sendable {
    private typealias Machine = PoolStateMachine<CheckedContinuation<Int, any Error>>

    private struct State {
        var machine: Machine
        var thread = Thread.none
        /// Who waits for the end, of the leases first, of the thread then; to look again.
        var closers: [CheckedContinuation<Bool, Never>] = []

        mutating func takeClosers() -> [CheckedContinuation<Bool, Never>] {
            defer { closers = [] }
            return closers
        }
    }

    private enum Thread { case none, running, ended }

    let commandQueue = CommandQueue<ConnectionCommand>()
    /// Whether the last thing that was tried on the wire worked.
    let isConnected = Atomic(false)
    let configuration: PostgresConfiguration
    private let logger: Logger
    private let state: Mutex<State>

    init(_ configuration: PostgresConfiguration, _ logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        state = Mutex(State(machine: Machine(maximum: configuration.maximumConnections, idleTimeout: configuration.idleTimeout)))
    }

    /// A connection to use alone until `release`.
    func lease() async throws -> Int {
        try Task.checkCancellation()
        switch try state.withLock({ try $0.machine.lease() }) {
        case .connection(let id): return id
        case .turn(let turn):
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { enqueue($0, turn) }
            } onCancel: {
                state.withLock { $0.machine.leave(turn) }?.resume(throwing: CancellationError())
            }
        }
    }

    private func enqueue(_ caller: CheckedContinuation<Int, any Error>, _ turn: UInt64) {
        do {
            perform(
                try state.withLock { state in
                    // A cancellation that came before found nobody in the queue.
                    try Task.checkCancellation()
                    return try state.machine.enqueue(caller, turn: turn)
                })
        } catch {
            caller.resume(throwing: error)
        }
    }

    var usage: PoolUsage { state.withLock(\.machine.usage) }

    /// Gives a connection back. One that is not reusable is closed.
    func release(_ id: Int, reusable: Bool) {
        let now = ContinuousClock.now
        change { $0.release(id, reusable: reusable, at: now) }
    }

    /// Closes every connection there is, those in use when they come back. Later callers get new ones.
    func retire() { change { $0.retire() } }

    /// A connection broke.
    func lost(_ id: Int) {
        isConnected.store(false, ordering: .relaxed)
        change { $0.lost(id) }
    }

    /// Takes what has been idle for too long out of the pool. One connection is kept.
    func surplus(_ now: ContinuousClock.Instant) -> [Int] { state.withLock { $0.machine.surplus(now) } }

    /// When there may be a surplus again.
    var nextExpiry: ContinuousClock.Instant? { state.withLock { $0.machine.nextExpiry(.now) } }

    /// The server's process behind a connection, as the login told.
    func process(of id: Int) -> Int? { state.withLock { $0.machine.processes[id] } }

    func oldestStatement() async -> (sql: String, age: Duration)? {
        guard state.withLock({ $0.thread == .running }) else { return nil }
        return await withCheckedContinuation { continuation in
            if !commandQueue.post(.inspect(continuation)) { continuation.resume(returning: nil) }
        }
    }

    private func change(_ body: @Sendable (inout Machine) -> Machine.Action) {
        let (action, closers) = state.withLock { state in
            let action = body(&state.machine)
            return (action, state.machine.isClosed && !state.machine.hasLeases ? state.takeClosers() : [])
        }
        perform(action)
        for closer in closers { closer.resume(returning: false) }
    }

    private func perform(_ action: Machine.Action, refusing error: PostgresError = .closed) {
        if let (caller, id) = action.lease { caller.resume(returning: id) }
        for caller in action.refused { caller.resume(throwing: error) }
        for id in action.discarded { commandQueue.post(.discard(id)) }
        if action.connects { connect() }
    }
}

// MARK: Connecting and closing

extension Pool {
    private func connect() {
        let isFirst = state.withLock { state in
            guard state.thread == .none else { return false }
            state.thread = .running
            return true
        }
        if isFirst { IOThread.start(commandQueue, self) { self.threadEnded() } }
        do {
            try startThread(named: "postgres-login", stack: 512 * 1024) { while !self.tryToConnect() { usleep(250_000) } }
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// False: to be tried again.
    private func tryToConnect() -> Bool {
        do throws(PostgresError) {
            connected(try Connector(configuration: configuration).connect())
            return true
        } catch {
            return !refused(error)
        }
    }

    private func connected(_ handle: ConnectionHandle) {
        isConnected.store(true, ordering: .relaxed)
        let process = Int(PQbackendPID(handle.pointer))
        let id = state.withLock { $0.machine.connected(process: process) }
        // Before anybody can have statements for it.
        guard commandQueue.post(.adopt(id, handle)) else { return PQfinish(handle.pointer) }
        logger.debug("connected to PostgreSQL", metadata: ["database": "\(configuration)", "connection": "\(id)"])
        let now = ContinuousClock.now
        change { $0.adopted(id, at: now) }
    }

    /// Whether to try again, because those who wait may get a connection yet; otherwise they are told.
    private func refused(_ error: PostgresError) -> Bool {
        isConnected.store(false, ordering: .relaxed)
        logger.debug("no connection to PostgreSQL", metadata: ["database": "\(configuration)", "error": "\(error)"])
        guard let action = state.withLock({ $0.machine.refused() }) else { return true }
        perform(action, refusing: error)
        return false
    }

    /// Refuses new leases, waits for those there are, then closes everything.
    func close() async {
        perform(state.withLock { $0.machine.close() })
        // Whoever listens would keep a connection for ever.
        commandQueue.post(.endNotifications)
        await untilClosed { !$0.machine.hasLeases }
        commandQueue.post(.stop)
        await untilClosed { $0.thread != .running }
    }

    /// For a client that is let go without `close`.
    func abandon() {
        perform(state.withLock { $0.machine.close() })
        commandQueue.post(.stop)
    }

    private func untilClosed(_ condition: (State) -> Bool) async {
        var isTrue = false
        while !isTrue {
            isTrue = await withCheckedContinuation { closer in
                let isTrue = state.withLock { state in
                    if condition(state) { return true }
                    state.closers.append(closer)
                    return false
                }
                if isTrue { closer.resume(returning: true) }
            }
        }
    }

    private func threadEnded() {
        let closers = state.withLock { state in
            state.thread = .ended
            return state.takeClosers()
        }
        for closer in closers { closer.resume(returning: false) }
    }
}
