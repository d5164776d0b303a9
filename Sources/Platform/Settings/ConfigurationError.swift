/// A setting that is missing or wrong. A process that finds one at its start ends with this one line and exit code 78
/// (`EX_CONFIG` of sysexits.h).
public struct ConfigurationError: Error, CustomStringConvertible, Sendable {
    /// The environment variable.
    public let variable: String
    /// What is wrong with it and what it must be.
    public let problem: String

    /// A problem with a variable.
    public init(_ variable: String, _ problem: String) {
        self.variable = variable
        self.problem = problem
    }

    /// `VARIABLE problem`, on one line.
    public var description: String { "\(variable) \(problem)" }
}
