import FoundationEssentials

/// Both lists of a user's passes, in the order of their creation, as a fetch gave them.
struct CacheUpdate: Sendable {
    let usable: [Pass]
    let expired: [Pass]
    /// Tells whether anything differs from what the cache holds.
    let digest: String
    let freeTicketProducts: Set<String>

    init(usable: [Pass], expired: [Pass], freeTicketProducts: Set<String>) {
        self.usable = usable.sorted(by: Pass.wereCreatedInOrder)
        self.expired = expired.sorted(by: Pass.wereCreatedInOrder)
        self.freeTicketProducts = freeTicketProducts
        digest = Pass.digest(self.usable, self.expired, freeTicketProducts: freeTicketProducts)
    }

    /// The entries of `tickets.cache.passes`, a JSON array.
    func passes(at now: Date) -> String { CacheEntry.array(usable, at: now, freeTicketProducts: freeTicketProducts) }

    /// The entries of `tickets.cache.passes4`, a JSON array.
    func passes4(at now: Date) -> String { CacheEntry.array(expired, at: now, freeTicketProducts: freeTicketProducts) }
}
