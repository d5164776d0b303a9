import Testing

@testable import Postgres

@Suite("Decisions of the pool")
struct PoolStateMachineTests {
    private let start = ContinuousClock.now

    /// A pool whose connections 1 to `connections` are free.
    private func pool(maximum: Int, connections: Int = 0, idleTimeout: Duration? = nil) throws -> PoolStateMachine<String> {
        var pool = PoolStateMachine<String>(maximum: maximum, idleTimeout: idleTimeout)
        for number in 0..<connections {
            _ = try wait("opener \(number)", &pool)
            _ = connect(&pool)
        }
        for id in 0..<connections { _ = pool.release(id + 1, reusable: true, at: start) }
        return pool
    }

    /// Asks for a connection and, when none is free, waits.
    private func wait(_ caller: String, _ pool: inout PoolStateMachine<String>) throws -> (turn: UInt64, action: PoolStateMachine<String>.Action) {
        guard case .turn(let turn) = try pool.lease() else { throw Unexpected() }
        return (turn, try pool.enqueue(caller, turn: turn))
    }

    private struct Unexpected: Error {}

    /// One connection comes about.
    private func connect(_ pool: inout PoolStateMachine<String>) -> PoolStateMachine<String>.Action {
        let id = pool.connected(process: 100)
        return pool.adopted(id, at: start)
    }

    @Test("It grows by one connection for each caller that waits, up to its limit")
    func grows() throws {
        var pool = try pool(maximum: 2)
        #expect(try wait("a", &pool).action.connects)
        #expect(try wait("b", &pool).action.connects)
        #expect(try !wait("c", &pool).action.connects)
        #expect(pool.connecting == 2 && pool.waiting == 3)
        #expect(connect(&pool).lease?.caller == "a")
        #expect(connect(&pool).lease?.caller == "b")
        let next = pool.release(1, reusable: true, at: start)
        #expect(next.lease?.caller == "c" && next.lease?.id == 1 && !next.connects)
    }

    @Test("Callers are served in the order in which they came; one that was cancelled is passed over")
    func order() throws {
        var pool = try pool(maximum: 1, connections: 1)
        #expect(try pool.lease() == .connection(1))
        _ = try wait("a", &pool)
        let second = try wait("b", &pool).turn
        _ = try wait("c", &pool)
        #expect(pool.leave(second) == "b" && pool.leave(second) == nil && pool.waiting == 2)
        #expect(pool.release(1, reusable: true, at: start).lease?.caller == "a")
        #expect(pool.release(1, reusable: true, at: start).lease?.caller == "c")
        #expect(pool.release(1, reusable: true, at: start).lease == nil)
        #expect(try pool.lease() == .connection(1))
    }

    @Test("A connection that becomes free between asking and waiting is taken")
    func between() throws {
        var pool = try pool(maximum: 1, connections: 1)
        _ = try pool.lease()
        guard case .turn(let turn) = try pool.lease() else { throw Unexpected() }
        _ = pool.release(1, reusable: true, at: start)
        let action = try pool.enqueue("a", turn: turn)
        #expect(action.lease?.caller == "a" && action.lease?.id == 1 && !action.connects && pool.waiting == 0)
    }

    @Test("Of free connections the one used last is given out")
    func lastUsed() throws {
        var pool = try pool(maximum: 3, connections: 3)
        #expect(try pool.lease() == .connection(3))
        #expect(try pool.lease() == .connection(2))
        _ = pool.release(3, reusable: true, at: start)
        #expect(try pool.lease() == .connection(3))
    }

    @Test("A connection that is lost while it is leased is made anew for who waits, and its release does nothing")
    func lostWhileLeased() throws {
        var pool = try pool(maximum: 1, connections: 1)
        _ = try pool.lease()
        #expect(try !wait("a", &pool).action.connects)
        #expect(pool.lost(1).connects && pool.processes.isEmpty)
        let late = pool.release(1, reusable: true, at: start)
        #expect(late.lease == nil && late.discarded.isEmpty && !late.connects)
        let new = connect(&pool).lease
        #expect(new?.caller == "a" && new?.id == 2)
    }

    @Test("A connection that cannot be used again is closed, and another one is made for who waits")
    func notReusable() throws {
        var pool = try pool(maximum: 1, connections: 1)
        _ = try pool.lease()
        _ = try wait("a", &pool)
        let action = pool.release(1, reusable: false, at: start)
        #expect(action.discarded == [1] && action.connects && action.lease == nil)
    }

    @Test("Retiring closes free connections at once and leased ones when they come back")
    func retire() throws {
        var pool = try pool(maximum: 3, connections: 3)
        #expect(try pool.lease() == .connection(3))
        #expect(pool.retire().discarded == [1, 2])
        #expect(pool.release(3, reusable: true, at: start).discarded == [3])
        #expect(try wait("a", &pool).action.connects)
        _ = connect(&pool)
        #expect(pool.release(4, reusable: true, at: start).discarded.isEmpty)
    }

    @Test("It shrinks to one connection, the one that has been idle longest first")
    func shrinks() throws {
        var pool = try pool(maximum: 3, connections: 2, idleTimeout: .seconds(60))
        _ = try pool.lease()
        _ = pool.release(2, reusable: true, at: start + .seconds(30))
        #expect(pool.nextExpiry(start) == start + .seconds(60))
        #expect(pool.surplus(start + .seconds(59)).isEmpty)
        #expect(pool.surplus(start + .seconds(60)) == [1])
        #expect(pool.surplus(start + .seconds(1000)).isEmpty && pool.nextExpiry(start) == nil)
        #expect(try pool.lease() == .connection(2))
    }

    @Test("When no connection comes about those who wait are told, unless others have or get one")
    func refused() throws {
        var pool = try pool(maximum: 3)
        for caller in ["a", "b"] { _ = try wait(caller, &pool) }
        #expect(pool.refused()?.refused.isEmpty == true, "another is on its way")
        #expect(pool.refused()?.refused == ["a", "b"])
        #expect(try wait("c", &pool).action.connects)
        _ = connect(&pool)
        #expect(try wait("d", &pool).action.connects)
        #expect(pool.refused() == nil, "the server is full for the moment: tried again")
        _ = pool.leave(4)
        #expect(pool.connecting == 1)
    }

    @Test("Closing refuses who waits and who comes, and closes what is leased when it comes back")
    func close() throws {
        var pool = try pool(maximum: 1, connections: 1)
        _ = try pool.lease()
        let turn = try wait("a", &pool).turn
        #expect(pool.close().refused == ["a"])
        #expect(pool.leave(turn) == nil && pool.hasLeases)
        #expect(throws: PostgresError.self) { try pool.lease() }
        #expect(throws: PostgresError.self) { try pool.enqueue("b", turn: 9) }
        #expect(pool.release(1, reusable: true, at: start).discarded == [1] && !pool.hasLeases)
    }

    @Test("A connection that comes about after closing is closed")
    func closedWhileConnecting() throws {
        var pool = try pool(maximum: 1)
        _ = try wait("a", &pool)
        _ = pool.close()
        let action = connect(&pool)
        #expect(action.discarded == [1] && action.lease == nil && !action.connects)
    }
}
