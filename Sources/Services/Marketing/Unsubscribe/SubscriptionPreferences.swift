import Contracts

/// What a customer has unsubscribed from.
struct SubscriptionPreferences: Sendable, Equatable {
    /// The scopes, as they are stored: either some lists or `all`.
    private(set) var off: Set<SubscriptionScope>

    /// What a request asks for.
    enum Change: String, Sendable {
        case unsubscribe
        case resubscribe
    }

    /// The lists that there are.
    static let lists = SubscriptionScope.allCases.filter { $0 != .all }

    /// Whether mails of this scope are not sent.
    func isOff(_ scope: SubscriptionScope) -> Bool { off.contains(scope) || off.contains(.all) }

    /// Makes a change.
    /// - Returns: whether it changed anything.
    mutating func apply(_ change: Change, _ scope: SubscriptionScope) -> Bool {
        let before = off
        switch change {
        case .unsubscribe where isOff(scope): break
        case .unsubscribe: off = scope == .all ? [.all] : off.union([scope])
        case .resubscribe where scope == .all: off = []
        case .resubscribe: off = Set(Self.lists.filter(isOff)).subtracting([scope])
        }
        return off != before
    }
}
