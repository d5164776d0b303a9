import FoundationEssentials

/// Both lists of a user's passes, in the order of their creation, one entry per pass.
struct CacheUpdate: Sendable {
    let usable: [Pass]
    let expired: [Pass]
    /// Differs from the cache's digest if any pass changed.
    let digest: String
    let freeTicketProducts: Set<String>
    /// Held until the update is recorded.
    private let room: ByteReservation

    init(_ fetched: FetchedPasses, freeTicketProducts: Set<String>) {
        room = fetched.room
        // A pass that expires while the lists are fetched is in both; it counts as expired.
        let hasExpired = Set(fetched.expired.map(\.uuid))
        usable = fetched.usable.filter { !hasExpired.contains($0.uuid) }.sorted(by: Pass.wereCreatedInOrder)
        expired = fetched.expired.sorted(by: Pass.wereCreatedInOrder)
        self.freeTicketProducts = freeTicketProducts
        digest = Pass.digest(usable, expired, freeTicketProducts: freeTicketProducts)
    }

    /// The entries of `tickets.cache.passes`, a JSON array.
    func passes(at now: Date) -> String { CacheEntry.array(usable, at: now, freeTicketProducts: freeTicketProducts) }

    /// The entries of `tickets.cache.passes4`, a JSON array.
    func passes4(at now: Date) -> String { CacheEntry.array(expired, at: now, freeTicketProducts: freeTicketProducts) }
}
