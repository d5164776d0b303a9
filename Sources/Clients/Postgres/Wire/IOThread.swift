import CPostgres
import ClientSupport
import Glibc

/// The loop that owns every connection of one client. Runs on its own thread until `stop`.
///
/// It polls rather than epolls: a pool has a handful of sockets, and libpq wants to be asked each time what it waits for.
struct IOThread {
    private let commandQueue: CommandQueue<ConnectionCommand>
    private let pool: Pool
    private var wires: [Int: ConnectionStateMachine] = [:]
    private var commands: [ConnectionCommand] = []
    private var descriptors: [pollfd] = []
    private var polled: [ConnectionStateMachine] = []
    private var isStopping = false

    /// 512 KB: what TLS and a large result need with room to spare; only what is touched counts.
    static func start(_ commandQueue: CommandQueue<ConnectionCommand>, _ pool: Pool, whenStopped: @escaping @Sendable () -> Void) {
        do {
            try startThread(named: "postgres", stack: 512 * 1024) {
                var thread = IOThread(commandQueue: commandQueue, pool: pool)
                thread.run()
                whenStopped()
            }
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private init(commandQueue: CommandQueue<ConnectionCommand>, pool: Pool) {
        self.commandQueue = commandQueue
        self.pool = pool
    }

    private mutating func run() {
        while !isStopping {
            commandQueue.take(into: &commands)
            for command in commands { perform(command) }
            if !isStopping, commandQueue.prepareToSleep() { wait() }
        }
        for wire in wires.values { wire.close(.closed) }
        for command in commandQueue.close() {
            switch command {
            case .adopt(_, let handle): PQfinish(handle.pointer)
            case .inspect(let continuation): continuation.resume(returning: nil)
            case .perform(_, let operations): for operation in operations { operation.reply?.resume(with: .failure(PostgresError.closed)) }
            case .notify(_, let continuation): continuation.finish()
            default: break
            }
        }
    }

    private mutating func perform(_ command: ConnectionCommand) {
        switch command {
        case .adopt(let id, let handle):
            wires[id] = ConnectionStateMachine(id: id, handle: handle, prepares: pool.configuration.pooler != .transaction)
        case .perform(let id, let operations):
            guard let wire = wires[id] else {
                for operation in operations {
                    operation.reply?.resume(with: .failure(PostgresError.connectionLost("it ended before this statement")))
                }
                return
            }
            wire.unsent.append(contentsOf: operations)
            wire.advance()
            dropIfFailed(wire)
        case .cancel(let id):
            wires[id].map(cancel)
        case .cancelAsked(let id):
            wires[id]?.cancelAsked()
        case .cancelStatements:
            for wire in wires.values where wire.cancelAllButCommit() { cancel(wire) }
        case .inspect(let continuation):
            let oldest = wires.values.compactMap(\.oldestStatement).min { $0.since < $1.since }
            continuation.resume(returning: oldest.map { (sql: $0.sql, age: .now - $0.since) })
        case .notify(let id, let continuation):
            if let wire = wires[id] { wire.notifications.append(continuation) } else { continuation.finish() }
        case .endNotifications:
            for wire in wires.values { wire.endNotifications() }
        case .discard(let id):
            wires.removeValue(forKey: id)?.close(.closed)
        case .stop:
            isStopping = true
        }
    }

    /// Sleeps until a command, a socket or a time is due, and deals with the sockets.
    private mutating func wait() {
        descriptors.removeAll(keepingCapacity: true)
        polled.removeAll(keepingCapacity: true)
        descriptors.append(pollfd(fd: commandQueue.descriptor, events: Int16(POLLIN), revents: 0))
        for wire in wires.values {
            descriptors.append(pollfd(fd: wire.socket, events: Int16(wire.wantsWrite ? POLLIN | POLLOUT : POLLIN), revents: 0))
            polled.append(wire)
        }
        let count = poll(&descriptors, nfds_t(descriptors.count), timeout())
        if count > 0 {
            if descriptors[0].revents != 0 { commandQueue.resetWakeUp() }
            for (wire, descriptor) in zip(polled, descriptors.dropFirst()) where descriptor.revents != 0 {
                // Reading first: the server may be unable to read from us until we do.
                if descriptor.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 { wire.readable() } else { wire.advance() }
                dropIfFailed(wire)
            }
        }
        let now = ContinuousClock.now
        for wire in polled {
            if let attempt = wire.cancellation.nextAttempt, attempt <= now { cancel(wire) }
        }
        for id in pool.surplus(now) { wires.removeValue(forKey: id)?.close(.closed) }
    }

    /// Milliseconds until something is due; -1 if nothing is.
    private func timeout() -> Int32 {
        let attempts = wires.values.lazy.compactMap(\.cancellation.nextAttempt)
        return Duration.pollTimeout(until: [attempts.min(), pool.nextExpiry].compactMap { $0 }.min())
    }

    private func cancel(_ wire: ConnectionStateMachine) {
        guard let handle = wire.cancelRequest() else { return }
        let (commandQueue, id) = (commandQueue, wire.id)
        do {
            try startThread(named: "postgres-cancel", stack: 256 * 1024) {
                handle.run()
                commandQueue.post(.cancelAsked(id))
            }
        } catch {
            // Asked again while the statement runs.
            handle.free()
            wire.cancelAsked()
        }
    }

    private mutating func dropIfFailed(_ wire: ConnectionStateMachine) {
        guard let failure = wire.failure else { return }
        wires[wire.id] = nil
        // The pool first: whoever is told and comes again must not get this connection.
        pool.lost(wire.id)
        wire.close(failure)
    }
}
