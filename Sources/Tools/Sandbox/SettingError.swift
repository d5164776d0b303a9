/// A value of the environment that cannot be used.
struct SettingError: Error, CustomStringConvertible {
    let variable: String
    let problem: String

    var description: String { "\(variable) \(problem)" }
}
