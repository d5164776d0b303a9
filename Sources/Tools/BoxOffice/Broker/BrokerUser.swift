import Migrations
import Platform

/// A user of the broker and what it may do; everything else is refused by the broker (docs/ownership.md).
struct BrokerUser: Sendable, Equatable {
    /// The tag of the users that `boxoffice broker-users` made. Those of others stay as they are.
    static let mark = "box-office"

    /// The executable's name, for a service.
    let name: String
    /// What the management page lets it do, and ``mark``.
    let tags: Set<String>
    /// What it may do with exchanges and queues.
    let permission: Permission
    /// What it may do on each topic exchange. An exchange that is not named here would be open to all of its routing keys.
    let topics: [TopicPermission]

    /// Regular expressions over the names of exchanges and queues.
    struct Permission: Sendable, Equatable {
        /// What it may declare and delete.
        let configure: String
        /// Exchanges that it may publish to, queues that it may bind.
        let write: String
        /// Queues that it may consume, exchanges that it may bind to.
        let read: String
    }

    /// Regular expressions over the routing keys of one exchange.
    struct TopicPermission: Sendable, Equatable {
        let exchange: String
        /// Keys that it may publish with.
        let write: String
        /// Keys that it may bind with.
        let read: String
    }

    /// Its password: `TICKETS_CACHE_AMQP_PASSWORD`.
    var password: Setting<String> { .secret(passwordVariable, "password of the broker's user \(name)", .optional) }

    /// The variable with its password.
    var passwordVariable: String { Domain.variable("AMQP_PASSWORD", of: name) }
}
