import Configuration
import Cron
import FoundationEssentials
import Glibc

/// The one place that reads the environment. Every name is the environment variable's own (`DATABASE_URL`).
///
/// A secret may come from a file instead: `DATABASE_URL_FILE` names it (the convention of Docker and Kubernetes secrets).
/// What is missing or wrong is a ``ConfigurationError`` that names the variable and never its value when that is a secret.
public struct Settings: Sendable {
    private let reader: ConfigReader

    /// The settings of this process.
    public static func environment() -> Settings { Settings(ConfigReader(provider: EnvironmentVariablesProvider())) }

    /// Settings from a dictionary, for tests.
    public init(_ variables: [String: String]) {
        self.init(ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
    }

    private init(_ reader: ConfigReader) { self.reader = reader }

    /// The text of a variable, or nil when it is unset or empty.
    public func string(_ name: String) -> String? {
        let value = reader.string(forKey: Self.key(name))
        return value?.isEmpty == true ? nil : value
    }

    /// The text of a variable that must be there.
    public func required(_ name: String) throws(ConfigurationError) -> String {
        guard let value = string(name) else { throw ConfigurationError(name, "is not set") }
        return value
    }

    /// A secret: from the variable itself or from the file that `NAME_FILE` names; surrounding white space of the file is dropped.
    public func secret(_ name: String) throws(ConfigurationError) -> String? {
        if let value = string(name) { return value }
        guard let path = string("\(name)_FILE") else { return nil }
        guard let bytes = try? Data(contentsOf: URL(filePath: path)), let text = String(data: bytes, encoding: .utf8) else {
            throw ConfigurationError("\(name)_FILE", "names the file \(path), which cannot be read")
        }
        return String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    /// A secret that must be there.
    public func requiredSecret(_ name: String) throws(ConfigurationError) -> String {
        guard let value = try secret(name), !value.isEmpty else { throw ConfigurationError(name, "is not set (nor is \(name)_FILE)") }
        return value
    }

    /// A whole number within a range.
    public func integer(_ name: String, default standard: Int, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard let text = string(name) else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw ConfigurationError(name, "is \"\(text)\", but must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// An http or https address, without a slash at its end.
    public func url(_ name: String) throws(ConfigurationError) -> String {
        let text = try required(name)
        guard let url = URL(string: text), url.scheme == "http" || url.scheme == "https", url.host()?.isEmpty == false else {
            throw ConfigurationError(name, "is \"\(text)\", but must be an http:// or https:// address")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// The IP address of this machine to listen at: `127.0.0.1`, `0.0.0.0` (everybody may connect), `::` …
    public func address(_ name: String, default standard: String) throws(ConfigurationError) -> String {
        guard let text = string(name) else { return standard }
        var bytes = in6_addr()
        guard inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1 else {
            throw ConfigurationError(name, "is \"\(text)\", but must be an IP address of this machine, 127.0.0.1 or 0.0.0.0 say")
        }
        return text
    }

    /// One of the cases of an enumeration.
    public func choice<T: RawRepresentable & CaseIterable>(_ name: String, default standard: T) throws(ConfigurationError) -> T
    where T.RawValue == String {
        guard let text = string(name) else { return standard }
        guard let value = T(rawValue: text) else {
            throw ConfigurationError(name, "is \"\(text)\", but must be one of \(T.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return value
    }

    /// `TIME_ZONE`: whose local times schedules and report periods mean; UTC when it is not set.
    public func zone() throws(ConfigurationError) -> CronZone {
        guard let name = string("TIME_ZONE") else { return .utc }
        do {
            return try CronZone(name)
        } catch {
            throw ConfigurationError("TIME_ZONE", "cannot be used: \(error)")
        }
    }

    /// A comma-separated list, white space around the items dropped.
    public func list(_ name: String) -> [String] {
        (string(name) ?? "").split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }.filter { !$0.isEmpty }
    }

    private static func key(_ name: String) -> ConfigKey { ConfigKey(name.lowercased().split(separator: "_").map(String.init)) }
}
