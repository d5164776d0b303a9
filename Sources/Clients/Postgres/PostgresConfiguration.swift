import CPostgres
import ClientSupport

/// Where the database is and how many connections to it are kept.
///
/// The URL may hold every parameter of libpq (PostgreSQL manual, "Parameter Key Words"): several hosts, `sslmode`,
/// `sslrootcert`, `target_session_attrs`, `keepalives_idle` … What the properties below say goes over what it says.
/// With several hosts and no `target_session_attrs`, the one that takes writes is looked for (`read-write`).
public struct PostgresConfiguration: Sendable {
    /// How many connections are open at once, at most; callers wait in turn for a free one.
    public var maximumConnections: Int = 4
    /// What `pg_stat_activity` calls this client.
    public var applicationName: String = "box-office"
    /// What stands in front of the server. Behind a pooler, search path and statement timeout are the role's.
    public var pooler = PostgresPooler.none
    /// The schemas that unqualified names are looked for in, as in `SET search_path`; nil leaves it to the role's settings.
    public var searchPath: String?
    /// After how long the server gives up on a statement, zero for never; nil leaves it to URL and role.
    public var statementTimeout: Duration?
    /// How long a connection may take to come about, for each host and address in turn, once the host's name is resolved.
    /// `connect_timeout` of the URL sets it, too.
    public var connectTimeout: Duration = .seconds(5)
    /// After how long an unused connection is closed; the last one stays open. Nil keeps them all.
    public var idleTimeout: Duration? = .seconds(60)

    /// Keyword and value as libpq knows them, password included.
    private var options: [String: String]

    /// A configuration from a `postgresql://user:password@host:port/database?parameter=value` URL or a `keyword=value` string.
    ///
    /// - Throws: `PostgresConfigurationError`, which names what is wrong and never the password.
    public init(url: String) throws(PostgresConfigurationError) {
        guard !url.isEmpty else { throw PostgresConfigurationError(reason: "the URL is empty") }
        options = try Self.parse(url)
        try Self.check(options)
        if let name = options["application_name"] { applicationName = name }
        // As in libpq: 0 and less is no limit of the URL's, and one second is too little.
        if let seconds = options["connect_timeout"].flatMap({ Int($0) }), seconds > 0 { connectTimeout = .seconds(max(2, seconds)) }
    }

    /// The user that logs in, if the URL names one.
    public var user: String? { options["user"] }
    /// The password, if there is one; what is set takes the place of the URL's.
    public var password: String? {
        get { options["password"] }
        set { options["password"] = newValue }
    }
    /// The host, if the URL names one.
    public var host: String? { options["host"] ?? options["hostaddr"] }
    /// The port, if the URL names one.
    public var port: String? { options["port"] }
    /// The database, if the URL names one.
    public var database: String? { options["dbname"] }

    /// What is given to libpq.
    var connectionParameters: [String: String] {
        // A peer that is gone without a word is noticed within a minute instead of libpq's two hours.
        var parameters = ["keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3", "tcp_user_timeout": "60000"]
        parameters.merge(options) { $1 }
        if Self.hosts(options).count > 1, options["target_session_attrs"] == nil {
            parameters["target_session_attrs"] = "read-write"
        }
        parameters["application_name"] = applicationName
        parameters["client_encoding"] = "UTF8"
        var settings: [String] = options["options"].map { [$0] } ?? []
        if pooler == .none, let searchPath { settings.append("-c search_path=" + Self.escaped(searchPath)) }
        if pooler == .none, let statementTimeout { settings.append("-c statement_timeout=\(Self.milliseconds(statementTimeout))") }
        if !settings.isEmpty { parameters["options"] = settings.joined(separator: " ") }
        return parameters
    }

    /// Zero means never to the server: what is shorter than it can count is the shortest time.
    private static func milliseconds(_ duration: Duration) -> Int64 {
        duration == .zero ? 0 : max(1, duration.milliseconds)
    }

    /// The startup packet splits options at spaces and takes a backslash as the escape.
    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            if character == " " || character == "\\" { text.append("\\") }
            text.append(character)
        }
    }
}

extension PostgresConfiguration {
    private static func parse(_ url: String) throws(PostgresConfigurationError) -> [String: String] {
        var error: UnsafeMutablePointer<CChar>?
        guard let parsed = PQconninfoParse(url, &error) else {
            let reason = error.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(error)
            // What libpq quotes is a piece of the URL: only the name of a parameter is fit to be seen.
            throw PostgresConfigurationError(reason: reason.onOneLine.withoutQuotations { knownKeywords.contains(String($0)) })
        }
        defer { PQconninfoFree(parsed) }
        return Dictionary(uniqueKeysWithValues: options(parsed).compactMap { option in option.value.map { (option.keyword, $0) } })
    }

    private static func check(_ options: [String: String]) throws(PostgresConfigurationError) {
        let ports = options["port", default: ""].split(separator: ",")
        for port in ports where !(1...65535).contains(Int(port) ?? 0) {
            throw PostgresConfigurationError(reason: "port is no number from 1 to 65535")
        }
        if ports.count > 1, ports.count != hosts(options).count {
            throw PostgresConfigurationError(reason: "\(ports.count) ports for \(hosts(options).count) hosts")
        }
        for (keyword, values) in choices {
            guard let value = options[keyword], !values.contains(value) else { continue }
            throw PostgresConfigurationError(reason: "\(keyword) is none of \(values.joined(separator: ", "))")
        }
        if let seconds = options["connect_timeout"], Int(seconds) == nil {
            throw PostgresConfigurationError(reason: "connect_timeout is no number of seconds")
        }
    }

    /// What libpq would refuse only when it connects.
    private static let choices = [
        ("sslmode", ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]),
        ("target_session_attrs", ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]),
        ("channel_binding", ["disable", "prefer", "require"]),
        ("gssencmode", ["disable", "prefer", "require"]),
    ]

    /// The hosts of the URL; `hostaddr` goes over `host`.
    private static func hosts(_ options: [String: String]) -> [Substring] {
        ((options["hostaddr"] ?? options["host"]) ?? "").split(separator: ",", omittingEmptySubsequences: false)
    }

    private static let knownKeywords: Set<String> = {
        guard let defaults = PQconndefaults() else { return [] }
        defer { PQconninfoFree(defaults) }
        return Set(options(defaults).map(\.keyword)).union(["=", "/", ":", "@"])
    }()

    /// The elements of libpq's list.
    private static func options(_ first: UnsafeMutablePointer<PQconninfoOption>) -> [(keyword: String, value: String?)] {
        var options: [(String, String?)] = []
        var option = first
        while let keyword = option.pointee.keyword {
            options.append((String(cString: keyword), option.pointee.val.map { String(cString: $0) }))
            option += 1
        }
        return options
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomReflectable {
    /// User, host and database; never the password.
    public var description: String {
        "\(user ?? "")@\(host ?? "localhost"):\(port ?? "5432")/\(database ?? user ?? "")"
    }

    /// What `dump` shows: the description.
    public var customMirror: Mirror {
        Mirror(self, children: ["description": description])
    }
}
