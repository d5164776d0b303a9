/// The command-line arguments of a service. All other input comes as settings, from the environment.
enum ServiceArguments: Equatable {
    case run
    case version
    case help
    /// Checks whether the process that runs with the same settings is alive.
    case health
    /// Any other arguments, verbatim.
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
