/// What a service was asked on its command line. Everything else that it is told comes as settings, by the environment.
enum ServiceArguments: Equatable {
    case run
    case version
    case help
    /// Whether the process beside it, with the same settings, is alive.
    case health
    /// Anything else, word for word.
    case unknown(String)

    init(_ arguments: some Collection<String>) {
        switch arguments.first {
        case nil: self = .run
        case "--version" where arguments.count == 1: self = .version
        case "health" where arguments.count == 1: self = .health
        case "--help" where arguments.count == 1, "-h" where arguments.count == 1: self = .help
        default: self = .unknown(arguments.joined(separator: " "))
        }
    }
}
