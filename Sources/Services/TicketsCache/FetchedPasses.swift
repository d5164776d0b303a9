/// Both lists of a user's passes as Bytemark returned them, and the bytes that are reserved for them until they are
/// recorded.
struct FetchedPasses: Sendable {
    let usable: [Pass]
    let expired: [Pass]
    let room: ByteReservation
}
