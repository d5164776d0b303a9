/// The end of a connection that was not asked for: another attempt is worth it.
struct Loss: Error {
    let reason: String
}
