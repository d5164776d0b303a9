import CPostgres

/// A libpq connection on its way from the thread that made it to the thread that owns it.
///
/// `@unchecked Sendable`: whoever makes one hands it over and does not touch it again; there is one owner at any time.
struct ConnectionHandle: @unchecked Sendable {
    let pointer: OpaquePointer
}

/// What libpq needs to cancel a statement from another thread.
///
/// `@unchecked Sendable`: `PQcancel` is documented as thread-safe, and the thread that runs it is the only one to free it.
struct CancelHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Asks the server to stop what the connection is doing. Blocks for a connect and a round trip; returns when the server has signalled it.
    func run() {
        var text = [CChar](repeating: 0, count: 256)
        // A cancel that fails is asked for again while the statement runs, so its text is of no use to anybody.
        _ = PQcancel(pointer, &text, Int32(text.count))
        free()
    }

    func free() { PQfreeCancel(pointer) }
}
