import CPostgres

/// Where the database is and how many connections to it are kept.
///
/// The URL may hold every parameter of libpq (PostgreSQL manual, "Parameter Key Words"): several hosts, `sslmode`, `sslrootcert`,
/// `target_session_attrs`, `keepalives_idle` … What the properties below say goes over what it says.
public struct PostgresConfiguration: Sendable {
    /// How many connections are open at once, at most; callers wait in turn for a free one.
    public var maximumConnections: Int = 4
    /// What `pg_stat_activity` calls this client.
    public var applicationName: String = "box-office"
    /// The schemas that unqualified names are looked for in, as in `SET search_path`; nil leaves it to the role's settings.
    public var searchPath: String?
    /// After how long the server gives up on a statement; nil leaves it to the role's settings.
    public var statementTimeout: Duration?
    /// How long a connection may take to come about, once the host's name is resolved.
    public var connectTimeout: Duration = .seconds(5)
    /// After how long an unused connection is closed; the last one stays open. Nil keeps them all.
    public var idleTimeout: Duration? = .seconds(60)

    /// Keyword and value as libpq knows them, password included.
    private let options: [String: String]

    /// A configuration from a `postgresql://user:password@host:port/database?parameter=value` URL or a `keyword=value` string.
    ///
    /// - Throws: `PostgresConfigurationError`, which names what is wrong and never the password.
    public init(url: String) throws(PostgresConfigurationError) {
        guard !url.isEmpty else { throw PostgresConfigurationError(reason: "the URL is empty") }
        options = try Self.parse(url)
        try Self.check(options)
        if let name = options["application_name"] { applicationName = name }
    }

    /// The user that logs in, if the URL names one.
    public var user: String? { options["user"] }
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
        parameters["application_name"] = applicationName
        parameters["client_encoding"] = "UTF8"
        var settings: [String] = options["options"].map { [$0] } ?? []
        if let searchPath { settings.append("-c search_path=" + Self.escaped(searchPath)) }
        if let statementTimeout { settings.append("-c statement_timeout=\(max(1, statementTimeout.wholeMilliseconds))") }
        if !settings.isEmpty { parameters["options"] = settings.joined(separator: " ") }
        return parameters
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
        return values(of: parsed)
    }

    private static func check(_ options: [String: String]) throws(PostgresConfigurationError) {
        for port in options["port", default: ""].split(separator: ",") where !(1...65535).contains(Int(port) ?? 0) {
            throw PostgresConfigurationError(reason: "port is no number from 1 to 65535")
        }
        let modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
        if let mode = options["sslmode"], !modes.contains(mode) {
            throw PostgresConfigurationError(reason: "sslmode is none of \(modes.joined(separator: ", "))")
        }
    }

    private static let knownKeywords: Set<String> = {
        guard let defaults = PQconndefaults() else { return [] }
        defer { PQconninfoFree(defaults) }
        var keywords: Set<String> = ["=", "/", ":", "@"]
        var option = defaults
        while let keyword = option.pointee.keyword {
            keywords.insert(String(cString: keyword))
            option += 1
        }
        return keywords
    }()

    private static func values(of parsed: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var values: [String: String] = [:]
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return values
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

extension Duration {
    /// Milliseconds, what is below one cut off.
    var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
