import Configuration
import FoundationEssentials
import Glibc
import Synchronization

/// The only code that reads the environment. Every setting has the name of its environment variable (`DATABASE_URL`).
///
/// A secret may come from a file instead: `DATABASE_PASSWORD_FILE` names it (the convention of Docker and Kubernetes
/// secrets). A missing or wrong setting is a ``ConfigurationError`` that names the variable and, if it is a secret,
/// never its value.
public struct Settings: Sendable {
    private let reader: ConfigReader
    private let asked: Names?

    /// The settings of this process.
    public static func environment() -> Settings { Settings(ConfigReader(provider: EnvironmentVariablesProvider()), nil) }

    /// Settings from a dictionary, for tests.
    public init(_ variables: [String: String]) {
        self.init(ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)), Names())
    }

    private init(_ reader: ConfigReader, _ asked: Names?) {
        self.reader = reader
        self.asked = asked
    }

    /// The declared settings that were read so far, for settings from a dictionary.
    package var askedFor: Set<String> { asked?.names.withLock { $0 } ?? [] }

    private final class Names: Sendable {
        let names = Mutex<Set<String>>([])
    }

    // MARK: Declared settings

    /// The value of a setting, or its default.
    /// - Throws: ``ConfigurationError`` when it is required and missing, or wrong.
    public func value<Value>(_ setting: Setting<Value>) throws(ConfigurationError) -> Value {
        if let value = try optional(setting) { return value }
        throw ConfigurationError(setting.name, setting.description.isSecret ? "is not set (nor is \(setting.name)_FILE)" : "is not set")
    }

    /// The value of a setting, or nil when it is not set and has no default.
    /// - Throws: ``ConfigurationError`` when it is wrong.
    public func optional<Value>(_ setting: Setting<Value>) throws(ConfigurationError) -> Value? {
        asked?.names.withLock { _ = $0.insert(setting.name) }
        let text: String
        if let given = setting.description.isSecret ? try secret(setting.name) : string(setting.name) {
            text = given
        } else if case .standard(let standard) = setting.description.presence {
            text = standard
        } else {
            return nil
        }
        do {
            return try setting.parse(text)
        } catch {
            throw ConfigurationError(setting.name, error.text)
        }
    }

    // MARK: Variables by name

    /// The text of a variable, or nil when it is unset or empty.
    public func string(_ name: String) -> String? {
        let value = reader.string(forKey: Self.key(name))
        return value?.isEmpty == true ? nil : value
    }

    /// A secret, or nil when it is unset or empty: from the variable itself or from the file that `NAME_FILE` names;
    /// surrounding white space of the file is dropped.
    /// - Throws: ``ConfigurationError`` when the file cannot be read.
    public func secret(_ name: String) throws(ConfigurationError) -> String? {
        if let value = string(name) { return value }
        guard let path = string("\(name)_FILE") else { return nil }
        let text = try contents(of: path, for: "\(name)_FILE").drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
        return text.isEmpty ? nil : String(text)
    }

    /// The text of a file that a setting names.
    /// - Throws: ``ConfigurationError`` that says why it cannot be read.
    public func contents(of path: String, for name: String) throws(ConfigurationError) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Self.unreadable(path, name, errno) }
        defer { close(file) }
        var bytes: [UInt8] = []
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1)
        defer { chunk.deallocate() }
        while true {
            let count = read(file, chunk.baseAddress, chunk.count)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw Self.unreadable(path, name, errno)
            }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(name, "cannot use \(path): it is not UTF-8")
        }
        return text
    }

    private static func unreadable(_ path: String, _ name: String, _ code: Int32) -> ConfigurationError {
        var why = String(cString: strerror(code)).lowercased()
        if code == EACCES { why += " (uid \(geteuid()))" }
        return ConfigurationError(name, "cannot read \(path): \(why)")
    }

    /// A comma-separated list, white space around the items dropped.
    public func list(_ name: String) -> [String] {
        (string(name) ?? "").split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }.filter { !$0.isEmpty }
    }

    private static func key(_ name: String) -> ConfigKey { ConfigKey(name.lowercased().split(separator: "_").map(String.init)) }
}
