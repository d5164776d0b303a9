import Migrations
import Platform

/// A user of the broker and its permissions; the broker refuses everything else (docs/ownership.md).
struct BrokerUser: Sendable, Equatable {
    /// The tag of users that `boxoffice broker-users` created. Users without it are not changed.
    static let mark = "box-office"

    /// The executable's name, for a service.
    let name: String
    /// The tags that give access to the management page, and ``mark``.
    let tags: Set<String>
    /// Its permissions for exchanges and queues.
    let permission: Permission
    /// Its permissions for each topic exchange. Without an entry for an exchange all of its routing keys would be
    /// allowed.
    let topics: [TopicPermission]

    /// Regular expressions over the names of exchanges and queues.
    struct Permission: Sendable, Equatable {
        /// Exchanges and queues that it may declare and delete.
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
