/// The statuses of generated passes.
enum PassStatus: String, Sendable {
    case active = "ACTIVE"
    case unused = "UNUSED"
    case expired = "EXPIRED"
}
