/// The body of `POST /push/notifications`.
struct PushRequest: Codable, Hashable, Sendable {
    let userIds: [Int64]
    let notificationType: Int
    let title: String
    let body: String
    let metadata: [String: JSONValue]
    let language: String
    let silent: Bool
}
