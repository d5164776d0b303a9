/// A broker's users and their permissions.
struct BrokerState: Sendable {
    let vhosts: [Host]
    let users: [User]
    let permissions: [Permission]
    let topicPermissions: [TopicPermission]

    /// Reads the state from the API.
    init(_ api: ManagementAPI) async throws {
        users = try await api.get(["users"])
        vhosts = try await api.get(["vhosts"])
        permissions = try await api.get(["permissions"])
        topicPermissions = try await api.get(["topic-permissions"])
    }

    struct Host: Codable { let name: String }

    struct User: Decodable {
        let name: String
        let passwordHash: String
        let hashingAlgorithm: String
        let tags: Set<String>

        private enum CodingKeys: String, CodingKey {
            case name, tags
            case passwordHash = "password_hash"
            case hashingAlgorithm = "hashing_algorithm"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            name = try container.decode(String.self, forKey: .name)
            passwordHash = try container.decodeIfPresent(String.self, forKey: .passwordHash) ?? ""
            hashingAlgorithm = try container.decodeIfPresent(String.self, forKey: .hashingAlgorithm) ?? ""
            // A comma-separated string before RabbitMQ 3.9.
            if let text = try? container.decode(String.self, forKey: .tags) {
                tags = Set(text.split(separator: ",").map { $0.filter { !$0.isWhitespace } })
            } else {
                tags = Set(try container.decode([String].self, forKey: .tags))
            }
        }
    }

    struct Permission: Codable {
        let user: String
        let vhost: String
        let configure: String
        let write: String
        let read: String
    }

    struct TopicPermission: Codable {
        let user: String
        let vhost: String
        let exchange: String
        let write: String
        let read: String
    }
}
