import Contracts
import Platform

/// Keeps a cache of all users' transit passes, fetched from Bytemark on request or when the cache is stale.
///
/// README.md has what it takes and does, and its settings.
@main
struct TicketsCache: BackgroundService {
    static let name = "tickets-cache"
    static let schema = "tickets"
    static let summary = "keeps the transit tickets of the users as Bytemark has them"
    static let settings = BytemarkClient.settings + [freeTicketProducts.description]
    private static let freeTicketProducts = Setting.list("FREE_TICKET_PRODUCTS", "product uuids of passes that are free tickets")

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) {
        let bytemark = try BytemarkClient(settings, service)
        let freeTickets = Set(try settings.value(freeTicketProducts))
        service.add(externalJob: Refresh(bytemark: bytemark, freeTicketProducts: freeTickets))
        service.add(job: RefreshStale())
        service.add(reaction: TicketsRefreshRequestedReaction())
    }
}
