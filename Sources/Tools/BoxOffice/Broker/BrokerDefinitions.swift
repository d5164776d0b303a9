import FoundationEssentials

/// The users and their permissions as RabbitMQ definitions, for `rabbitmqctl import_definitions`. Exchanges and queues
/// are not included: the services declare them.
struct BrokerDefinitions: Encodable, Sendable {
    private let vhosts: [BrokerState.Host]
    private let users: [User]
    private let permissions: [BrokerState.Permission]
    private let topicPermissions: [BrokerState.TopicPermission]

    /// - Parameter passwords: The password of each user, by its name.
    init(_ users: [BrokerUser], vhosts: [String], passwords: [String: String]) {
        self.vhosts = vhosts.map(BrokerState.Host.init)
        self.users = users.map { user in
            let password = passwords[user.name] ?? ""
            let hash = BrokerPassword.hash(password, salt: BrokerPassword.salt(of: user.name, password))
            return User(
                name: user.name, passwordHash: hash, hashingAlgorithm: BrokerPassword.algorithm, tags: user.tags.sorted().joined(separator: ","))
        }
        permissions = vhosts.flatMap { vhost in
            users.map {
                .init(
                    user: $0.name, vhost: vhost, configure: $0.permission.configure, write: $0.permission.write, read: $0.permission.read)
            }
        }
        topicPermissions = vhosts.flatMap { vhost in
            users.flatMap { user in
                user.topics.map { .init(user: user.name, vhost: vhost, exchange: $0.exchange, write: $0.write, read: $0.read) }
            }
        }
    }

    /// The document.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    private enum CodingKeys: String, CodingKey {
        case vhosts, users, permissions
        case topicPermissions = "topic_permissions"
    }

    private struct User: Encodable {
        let name: String
        let passwordHash: String
        let hashingAlgorithm: String
        let tags: String

        enum CodingKeys: String, CodingKey {
            case name, tags
            case passwordHash = "password_hash"
            case hashingAlgorithm = "hashing_algorithm"
        }
    }
}
