/// The end of a connection that was not asked for: another attempt is worth it.
struct ConnectionLost: Error {
    let reason: String
}
