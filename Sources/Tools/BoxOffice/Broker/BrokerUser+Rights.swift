import Contracts
import Migrations
import Platform

/// The permissions: a service has those that Contracts/ describes, the web shop may publish its events, operators may
/// do everything.
extension BrokerUser {
    /// All users: one for each service, one for the operators and one for the web shop.
    static func all(services: [String]) -> [BrokerUser] { services.map(service) + [operators, webShop] }

    /// The user of people and of the `boxoffice` tool.
    static let operators = BrokerUser(
        name: MessageRoute.operators, tags: ["administrator", mark], permission: .init(configure: ".*", write: ".*", read: ".*"),
        topics: [Exchange.ticks, Exchange.events].map { .init(exchange: $0, write: ".*", read: ".*") })

    /// The user of the web shop and other systems outside: it publishes its events, and reads nothing.
    static let webShop = BrokerUser(
        name: Domain.webShop, tags: [mark],
        permission: .init(configure: nothing, write: anyOf([escaped(Exchange.events)]), read: nothing),
        topics: [
            .init(exchange: Exchange.ticks, write: nothing, read: nothing),
            .init(
                exchange: Exchange.events, write: keys(MessageRoute.all.filter { $0.publisher == nil }.map(\.type.rawValue)), read: nothing),
        ])

    /// The user of a service.
    ///
    /// - It declares, deletes and binds its own exchanges and queues, the two shared exchanges, and the queues of the
    ///   services that read its events: it declares those too, so that no event is lost when a reader has never run.
    /// - It publishes to its own exchange, which only reaches its own queues, and its own types of events; only
    ///   tick-publisher publishes ticks. A service that triggers one of its own jobs does so through its own exchange.
    /// - It consumes its own queues, and binds with the keys that the contract has for them and for those of its
    ///   readers.
    static func service(_ name: String) -> BrokerUser {
        let own = "\(escaped(name))\\..*"
        let published = MessageRoute.all.filter { $0.publisher == name }
        let readers = Set(published.flatMap(\.readers)).sorted().map { escaped(QueueName.events(of: $0)) }
        let bound = MessageRoute.all.filter { $0.readers.contains(name) || $0.publisher == name && !$0.readers.isEmpty }.map(\.type.rawValue)
        let jobs = JobName.all.filter { $0.service == name }.map(\.rawValue)
        let (ticks, events) = (escaped(Exchange.ticks), escaped(Exchange.events))
        let publishesTicks = Tick.publishers.contains(name)
        return BrokerUser(
            name: name, tags: [mark],
            permission: .init(
                configure: anyOf([own, ticks, events] + readers),
                write: anyOf([own] + (publishesTicks ? [ticks] : []) + (published.isEmpty ? [] : [events]) + readers),
                read: anyOf([own] + (jobs.isEmpty ? [] : [ticks]) + (bound.isEmpty ? [] : [events]))),
            topics: [
                .init(exchange: Exchange.ticks, write: publishesTicks ? ".*" : nothing, read: keys(jobs)),
                .init(exchange: Exchange.events, write: keys(published.map(\.type.rawValue)), read: keys(bound)),
            ])
    }

    /// Matches nothing that has a name.
    private static let nothing = "^$"

    private static func keys(_ keys: [String]) -> String { keys.isEmpty ? nothing : anyOf(keys.map(escaped)) }

    private static func anyOf(_ patterns: [String]) -> String { "^(\(patterns.joined(separator: "|")))$" }

    /// A name as a regular expression; names have letters, digits, hyphens and dots.
    private static func escaped(_ name: String) -> String { name.replacing(".", with: "\\.") }
}
