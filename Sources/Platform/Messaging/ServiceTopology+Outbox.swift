import Contracts

extension ServiceTopology {
    /// The route by which a row of the outbox is published now.
    ///
    /// Rows of versions before the retry exchanges name the default exchange with a queue of the service, a delay queue
    /// by its old name (`payments.ticks.delay.2`) or, for a job that the service triggers itself, the exchange of
    /// ticks. Services may not publish to these any more.
    func current(_ route: HeldRoutes.Route) -> HeldRoutes.Route {
        if route.exchange == Exchange.ticks, jobs.contains(where: { $0.rawValue == route.routingKey }) {
            return .init(exchange: retry, routingKey: ticks)
        }
        guard route.exchange.isEmpty else { return route }
        for queue in [ticks, events] where route.routingKey.hasPrefix("\(queue).delay.") {
            guard let attempt = Int(route.routingKey.dropFirst("\(queue).delay.".count)) else { continue }
            return .init(exchange: retry, routingKey: Self.delay(queue, after: attempt))
        }
        return .init(exchange: retry, routingKey: route.routingKey)
    }
}
