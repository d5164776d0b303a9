/// One of the external services for which the sandbox has a stub.
enum StubID: String, Codable, CaseIterable, Sendable {
    case bytemark
    case gateway
    case push
    case smtp
}
