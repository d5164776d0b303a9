/// One of the outside services the sandbox stands in for.
enum Part: String, Codable, CaseIterable, Sendable {
    case bytemark
    case gateway
    case push
    case smtp
}
