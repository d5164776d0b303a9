/// The states of the passes that the generator makes.
enum PassStatus: String, Sendable {
    case active = "ACTIVE"
    case unused = "UNUSED"
    case expired = "EXPIRED"
}
