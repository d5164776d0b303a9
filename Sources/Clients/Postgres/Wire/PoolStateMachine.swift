import DequeModule

/// The decisions of a pool, without I/O: which connections there are, which are free, and who waits for one, in turn.
struct PoolStateMachine<Caller: Sendable>: Sendable {
    /// What is to be done next, in this order.
    struct Action: Sendable {
        /// Gets a connection.
        var lease: (caller: Caller, id: Int)?
        /// Get no connection.
        var refused: [Caller] = []
        /// Connections to close.
        var discarded: [Int] = []
        /// Whether one more connection is to be made.
        var connects = false
    }

    enum Lease: Equatable {
        case connection(Int)
        /// There is no free connection: wait for one with this number.
        case turn(UInt64)
    }

    private let maximum: Int
    private let idleTimeout: Duration?
    /// The one used last is at the end.
    private var idle: [(id: Int, since: ContinuousClock.Instant)] = []
    private var leased: Set<Int> = []
    /// The server's process behind each connection, as the login told.
    private(set) var processes: [Int: Int] = [:]
    private(set) var connecting = 0
    private var waiters: Deque<(turn: UInt64, caller: Caller)> = []
    private var lastTurn: UInt64 = 0
    private var lastID = 0
    /// Connections up to this one are closed as soon as they are free.
    private var retiredThrough = 0
    private(set) var isClosed = false

    init(maximum: Int, idleTimeout: Duration?) {
        self.maximum = maximum
        self.idleTimeout = idleTimeout
    }

    var waiting: Int { waiters.count }
    var usage: PoolUsage { PoolUsage(leased: leased.count, idle: idle.count, connecting: connecting, waiting: waiters.count) }
    var hasLeases: Bool { !leased.isEmpty }

    // MARK: Callers

    mutating func lease() throws(PostgresError) -> Lease {
        if let free = try takeIdle() { return .connection(free) }
        lastTurn += 1
        return .turn(lastTurn)
    }

    /// A connection that has become free meanwhile, or a place at the end of the queue.
    mutating func enqueue(_ caller: Caller, turn: UInt64) throws(PostgresError) -> Action {
        if let free = try takeIdle() { return Action(lease: (caller, free)) }
        waiters.append((turn, caller))
        return Action(connects: reserve())
    }

    /// Takes a caller out of the queue, if it still is there.
    mutating func leave(_ turn: UInt64) -> Caller? {
        waiters.firstIndex { $0.turn == turn }.map { waiters.remove(at: $0).caller }
    }

    private mutating func takeIdle() throws(PostgresError) -> Int? {
        guard !isClosed else { throw .closed }
        // The one used last: its statements are warm, and the others can age.
        guard let free = idle.popLast() else { return nil }
        leased.insert(free.id)
        return free.id
    }

    /// Takes a connection back. One that is not reusable is closed.
    mutating func release(_ id: Int, reusable: Bool, at now: ContinuousClock.Instant) -> Action {
        guard reusable, !isClosed, id > retiredThrough else { return drop([id]) }
        guard leased.remove(id) != nil else { return Action() }
        return hand(id, now)
    }

    /// To the first in the queue, or to the free ones.
    private mutating func hand(_ id: Int, _ now: ContinuousClock.Instant) -> Action {
        guard let next = waiters.popFirst() else {
            idle.append((id, now))
            return Action()
        }
        leased.insert(id)
        return Action(lease: (next.caller, id))
    }

    // MARK: Connections

    /// Makes room for one more connection if somebody would wait for it otherwise.
    private mutating func reserve() -> Bool {
        guard !isClosed, idle.count + leased.count + connecting < maximum, connecting < waiters.count else { return false }
        connecting += 1
        return true
    }

    /// The number of a connection that was made; nobody gets it yet.
    mutating func connected(process: Int) -> Int {
        lastID += 1
        processes[lastID] = process
        return lastID
    }

    /// The connection can be used.
    mutating func adopted(_ id: Int, at now: ContinuousClock.Instant) -> Action {
        connecting -= 1
        return isClosed ? drop([id]) : hand(id, now)
    }

    /// No connection came about. Nil: try again, because others have connections, so that the server is full for the moment.
    mutating func refused() -> Action? {
        if !isClosed, !waiters.isEmpty, !leased.isEmpty { return nil }
        connecting -= 1
        // Another connection that is on its way decides for those who still wait.
        guard connecting == 0, leased.isEmpty else { return Action() }
        return Action(refused: takeWaiters())
    }

    /// A connection is no more; if somebody waits for one, another is made.
    mutating func lost(_ id: Int) -> Action {
        idle.removeAll { $0.id == id }
        leased.remove(id)
        processes[id] = nil
        return Action(connects: reserve())
    }

    private mutating func drop(_ ids: [Int]) -> Action {
        var action = Action(discarded: ids)
        for id in ids where lost(id).connects { action.connects = true }
        return action
    }

    /// Closes every connection there is, those in use when they come back.
    mutating func retire() -> Action {
        retiredThrough = lastID
        return drop(idle.map(\.id))
    }

    /// Takes what has been idle for too long out of the pool. One connection is kept.
    mutating func surplus(_ now: ContinuousClock.Instant) -> [Int] {
        guard let idleTimeout else { return [] }
        var surplus: [Int] = []
        while idle.count + leased.count > 1, let oldest = idle.first, oldest.since + idleTimeout <= now {
            idle.removeFirst()
            processes[oldest.id] = nil
            surplus.append(oldest.id)
        }
        return surplus
    }

    /// When there may be a surplus again; nil while there is nothing to close.
    func nextExpiry(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard let idleTimeout, idle.count + leased.count > 1 else { return nil }
        // A lease that ends does not wake the I/O thread: look again one timeout from now.
        return (idle.first?.since ?? now) + idleTimeout
    }

    /// Refuses new leases, and those who wait.
    mutating func close() -> Action {
        isClosed = true
        return Action(refused: takeWaiters())
    }

    private mutating func takeWaiters() -> [Caller] {
        defer { waiters = [] }
        return waiters.map(\.caller)
    }
}
