import AMQP
import Cron
import Logging
import Postgres

/// The settings that every service reads.
public enum CommonSettings {
    /// Where the database is.
    public static let databaseURL = Setting.secret(
        "DATABASE_URL", "PostgreSQL: postgres://role@host:5432/database, several hosts with commas between them; ?sslmode=verify-full insists on TLS")
    /// The password of the role.
    public static let databasePassword = Setting.secret(
        "DATABASE_PASSWORD", "password of the role in DATABASE_URL, in place of one that stands there", .optional)
    /// The kind of connection pooler in front of the database.
    public static let databasePooler = Setting<PostgresPooler>.choice(
        "DATABASE_POOLER", default: .none, "the kind of connection pooler that DATABASE_URL leads to")
    /// The most database sessions of a process.
    public static let databaseConnections = Setting.integer(
        "DATABASE_CONNECTIONS", default: 6, in: 2...200, "the most sessions of a process at the database")
    /// Where the broker is.
    public static let amqpURL = Setting.secret(
        "AMQP_URL", "RabbitMQ: amqp://user@host:5672/vhost, amqps:// with TLS; no path is the vhost /")
    /// The password of the user.
    public static let amqpPassword = Setting.secret(
        "AMQP_PASSWORD", "password of the user in AMQP_URL, in place of one that stands there", .optional)
    /// The address on which health and metrics are served.
    public static let httpHost = Setting.address(
        "HTTP_HOST", default: "127.0.0.1", "address to serve health and metrics at; 0.0.0.0 lets other machines ask")
    /// The port of health and metrics.
    public static let httpPort = Setting.integer(
        "HTTP_PORT", default: 8080, in: 0...65_535, "port of /livez, /readyz and /metrics; 0 takes a free one")
    /// How long a run may stand still before another process resumes it.
    public static let runLease = Setting.integer(
        "RUN_LEASE", default: RunRescuer.standardLease, in: 1...120, "seconds that a run may stand still before somebody takes it up")
    /// How often a process writes its row of `operations.heartbeats`.
    public static let heartbeat = Setting.integer(
        "HEARTBEAT_SECONDS", default: 30, in: 1...40, "seconds between two heartbeats; a process that misses two is an alert")
    /// The lowest level that is logged.
    public static let logLevel = Setting<Logger.Level>.choice("LOG_LEVEL", default: .info, "the least that is logged")
    /// The format of the log.
    public static let logFormat = Setting<LogFormat>.choice("LOG_FORMAT", default: .json, "one JSON object a line, or text for people")

    /// All of them.
    public static let all = [
        databaseURL.description, databasePassword.description, databasePooler.description, databaseConnections.description,
        amqpURL.description, amqpPassword.description, httpHost.description, httpPort.description, runLease.description, heartbeat.description,
        logLevel.description,
        logFormat.description,
    ]

    /// The zone of schedules and report periods, for services that have such.
    public static let timeZone = Setting<CronZone>(
        description: SettingDescription("TIME_ZONE", .standard("UTC"), "whose times of day schedules and report periods mean, an IANA name")
    ) { name throws(SettingProblem) in
        do throws(CronZoneError) {
            return try CronZone(name)
        } catch {
            throw SettingProblem(text: "cannot be used: \(error)")
        }
    }
}

extension Settings {
    /// Where the database is.
    public func database() throws(ConfigurationError) -> PostgresConfiguration {
        let url = try value(CommonSettings.databaseURL)
        var configuration: PostgresConfiguration
        do {
            configuration = try PostgresConfiguration(url: url)
        } catch {
            throw ConfigurationError("DATABASE_URL", "is wrong: \(error)")
        }
        if let password = try optional(CommonSettings.databasePassword) { configuration.password = password }
        configuration.pooler = try value(CommonSettings.databasePooler)
        // Statements of services are bounded, and one that a time limit ends would only be sent again. A limit in the
        // URL is meant for them.
        if !url.contains("statement_timeout") { configuration.statementTimeout = .zero }
        return configuration
    }

    /// Where the broker is.
    public func broker(connectionName: String) throws(ConfigurationError) -> AMQPConfiguration {
        let url = try value(CommonSettings.amqpURL)
        var configuration: AMQPConfiguration
        do {
            configuration = try AMQPConfiguration(url: url, connectionName: connectionName)
        } catch {
            throw ConfigurationError("AMQP_URL", "is wrong: \(error)")
        }
        if let password = try optional(CommonSettings.amqpPassword) { configuration.password = password }
        return configuration
    }

    /// `TIME_ZONE`.
    public func zone() throws(ConfigurationError) -> CronZone { try value(CommonSettings.timeZone) }
}
