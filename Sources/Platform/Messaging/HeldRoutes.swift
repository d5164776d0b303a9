import FoundationEssentials
import Synchronization

/// The routes of the outbox whose messages no queue takes although somebody is to read them, or which the broker refuses. The relay passes over
/// their rows for a while, longer each time, so that they neither keep it busy nor hold up others.
final class HeldRoutes: Sendable {
    /// Where a message goes.
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

    /// Holds a route back.
    /// - Returns: whether it went through before.
    func hold(_ route: Route) -> Bool {
        holds.withLock { holds in
            let pause = holds[route].map { min($0.pause * 2, Self.pauses.upperBound) } ?? Self.pauses.lowerBound
            return holds.updateValue(Hold(until: .now + pause, pause: pause), forKey: route) == nil
        }
    }

    /// Notes that messages of these routes were taken.
    /// - Returns: those that were held.
    func release(_ routes: Set<Route>) -> [Route] {
        holds.withLock { holds in
            guard !holds.isEmpty else { return [] }
            return routes.filter { holds.removeValue(forKey: $0) != nil }
        }
    }

    /// What is to be passed over now.
    var current: [Route] {
        holds.withLock { holds in
            guard !holds.isEmpty else { return [] }
            let now = ContinuousClock.now
            return holds.filter { $0.value.until > now }.map(\.key)
        }
    }
}
