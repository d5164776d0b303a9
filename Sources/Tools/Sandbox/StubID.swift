/// One of the outside services the sandbox stands in for.
enum StubID: String, Codable, CaseIterable, Sendable {
    case bytemark
    case gateway
    case push
    case smtp
}
