import FoundationEssentials
import Synchronization

/// The routes of the outbox whose messages no queue takes although they have a reader, or which the broker refuses. The
/// relay skips their rows for a while, longer each time, so that they neither keep it busy nor delay others.
final class HeldRoutes: Sendable {
    /// An exchange and a routing key.
    struct Route: Hashable, Sendable {
        let exchange: String
        let routingKey: String
    }

    private struct Hold {
        var until: ContinuousClock.Instant
        var pause: Duration
    }

    private static let pauses = Duration.seconds(1)...Duration.seconds(60)
    private let holds = Mutex<[Route: Hold]>([:])

    /// Skips a route for a while.
    /// - Returns: whether it was not held before.
    func hold(_ route: Route) -> Bool {
        holds.withLock { holds in
            let pause = holds[route].map { min($0.pause * 2, Self.pauses.upperBound) } ?? Self.pauses.lowerBound
            return holds.updateValue(Hold(until: .now + pause, pause: pause), forKey: route) == nil
        }
    }

    /// Records that messages of these routes were accepted.
    /// - Returns: the routes that were held.
    func release(_ routes: Set<Route>) -> [Route] {
        holds.withLock { holds in
            guard !holds.isEmpty else { return [] }
            return routes.filter { holds.removeValue(forKey: $0) != nil }
        }
    }

    /// The routes to skip now.
    var current: [Route] {
        holds.withLock { holds in
            guard !holds.isEmpty else { return [] }
            let now = ContinuousClock.now
            return holds.filter { $0.value.until > now }.map(\.key)
        }
    }
}
