import FoundationEssentials
import Platform

/// Makes the users of a broker match the contract; users that match already are not changed.
struct BrokerReconciliation: Sendable {
    let api: ManagementAPI
    let vhosts: [String]
    let users: [BrokerUser]
    /// The passwords that were given, by user; a user without one keeps what it has.
    let passwords: [String: String]

    /// Reconciles; safe when several processes do so at once.
    /// - Parameter say: Called with a description of each change after it was made.
    /// - Returns: the number of changes.
    func run(_ state: BrokerState, say: (String) -> Void) async throws -> Int {
        try checkPasswords(state)
        var count = 0
        for change in changes(of: state) {
            try await change.make()
            say(change.description)
            count += 1
        }
        return count
    }

    /// One change, not made yet.
    private struct Change {
        let description: String
        let make: () async throws -> Void

        init(_ description: String, _ make: @escaping () async throws -> Void) {
            self.description = description
            self.make = make
        }
    }

    /// The differences, in the order in which they must be changed. The user of this connection comes last, because its
    /// password is the one in use.
    private func changes(of state: BrokerState) -> [Change] {
        let missing = vhosts.filter { vhost in !state.vhosts.contains { $0.name == vhost } }
        let hosts = missing.map { vhost in Change("made the virtual host \(vhost)") { try await api.put(["vhosts", vhost], [:]) } }
        let sorted = users.filter { $0.name != api.user } + users.filter { $0.name == api.user }
        let stale = state.users.filter { known in
            known.tags.contains(BrokerUser.mark) && known.name != api.user && !users.contains { $0.name == known.name }
        }
        let removals = stale.map { user in
            Change("removed \(user.name): it is not in \(DeployedServices.document)") { try await api.delete(["users", user.name]) }
        }
        return hosts + removals + sorted.flatMap { changes(of: $0, state) }
    }

    private func changes(of user: BrokerUser, _ state: BrokerState) -> [Change] {
        guard let known = state.users.first(where: { $0.name == user.name }) else {
            return [Change("made \(user.name)") { try await put(user, nil) }] + rights(of: user, state)
        }
        let keepsPassword = hasPassword(known)
        let what = (keepsPassword ? [] : ["password"]) + (known.tags == user.tags ? [] : ["tags"])
        guard !what.isEmpty else { return rights(of: user, state) }
        let login = Change("set the \(what.joined(separator: " and ")) of \(user.name)") { try await put(user, keepsPassword ? known : nil) }
        return rights(of: user, state) + [login]
    }

    private func rights(of user: BrokerUser, _ state: BrokerState) -> [Change] {
        vhosts.flatMap { vhost in
            // Topics first: without an entry for an exchange all of its routing keys are allowed.
            let topics = user.topics.filter { !has($0, user, vhost, state) }.map { topic in
                Change("set what \(user.name) may publish and bind on \(topic.exchange) in \(vhost)") {
                    try await api.put(
                        ["topic-permissions", vhost, user.name], ["exchange": topic.exchange, "write": topic.write, "read": topic.read])
                }
            }
            guard !has(user.permission, user, vhost, state) else { return topics }
            let permission = Change("set the permissions of \(user.name) in \(vhost)") {
                let permission = user.permission
                try await api.put(
                    ["permissions", vhost, user.name],
                    ["configure": permission.configure, "write": permission.write, "read": permission.read])
            }
            return topics + [permission]
        }
    }

    /// A new user needs a password. All of them are checked before anything is changed.
    private func checkPasswords(_ state: BrokerState) throws {
        for user in users where passwords[user.name] == nil && !state.users.contains(where: { $0.name == user.name }) {
            let name = user.passwordVariable
            throw ConfigurationError(name, "is not set (nor is \(name)_FILE), and the broker has no user \(user.name) yet")
        }
    }

    private func hasPassword(_ known: BrokerState.User) -> Bool {
        guard let password = passwords[known.name] else { return true }
        return BrokerPassword.isHash(known.passwordHash, algorithm: known.hashingAlgorithm, of: password)
    }

    /// Creates or changes a user.
    /// - Parameter known: The user whose password is kept; nil to set the given password.
    private func put(_ user: BrokerUser, _ known: BrokerState.User?) async throws {
        let hash = known?.passwordHash ?? BrokerPassword.hash(passwords[user.name] ?? "", salt: BrokerPassword.randomSalt())
        let algorithm = known?.hashingAlgorithm ?? BrokerPassword.algorithm
        try await api.put(
            ["users", user.name],
            ["password_hash": hash, "hashing_algorithm": algorithm, "tags": user.tags.sorted().joined(separator: ",")])
    }

    private func has(_ wanted: BrokerUser.Permission, _ user: BrokerUser, _ vhost: String, _ state: BrokerState) -> Bool {
        state.permissions.contains {
            $0.user == user.name && $0.vhost == vhost && $0.configure == wanted.configure && $0.write == wanted.write && $0.read == wanted.read
        }
    }

    private func has(_ wanted: BrokerUser.TopicPermission, _ user: BrokerUser, _ vhost: String, _ state: BrokerState) -> Bool {
        state.topicPermissions.contains {
            $0.user == user.name && $0.vhost == vhost && $0.exchange == wanted.exchange && $0.write == wanted.write && $0.read == wanted.read
        }
    }
}
