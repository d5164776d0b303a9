import Contracts
import Platform

/// Keeps a copy of everybody's transit passes, fetched from Bytemark when somebody asked for it or when it grew old.
///
/// | takes | does |
/// | --- | --- |
/// | `tickets-cache.refresh` | refreshes everybody whose refresh is due |
/// | `tickets-cache.refresh-stale` | asks for a refresh of everybody whose cache is too old |
/// | `tickets.refresh-requested` | asks for a refresh of one user, at once |
///
/// Needs Bytemark (`BYTEMARK_URL`, `BYTEMARK_IN_FLIGHT`, `BYTEMARK_PER_SECOND`, `BYTEMARK_MEGABYTES`); `FREE_TICKET_PRODUCTS` lists the
/// products that are free tickets.
@main
struct TicketsCache: BackgroundService {
    static let name = "tickets-cache"
    static let schema = "tickets"

    static func assemble(_ service: inout Assembly, _ settings: Settings) throws(ConfigurationError) {
        let bytemark = try Bytemark(settings, service)
        let freeTickets = Set(settings.list("FREE_TICKET_PRODUCTS"))
        service.add(errand: Refresh(bytemark: bytemark, freeTicketProducts: freeTickets))
        service.add(job: RefreshStale())
        service.add(reaction: RefreshRequested())
    }
}
