import AMQP
import BuildInfo
import Contracts
import Curl
import FoundationEssentials
import Glibc
import Logging
import Metrics
import Postgres
import ServiceLifecycle
import UnixSignals

/// Runs one service: reads its settings, opens its connections, starts its parts in order and stops them in reverse
/// order.
///
/// The stop on SIGTERM: consumers take no more messages and finish those in progress, delivery workers finish the
/// deliveries in progress, the relay publishes what the last transactions wrote, the connections close. The broker then
/// requeues what is unfinished. A stop that takes longer than nine seconds is forced: see ``ShutdownDeadline``.
public final class ServiceHost: Sendable {
    private let group: ServiceGroup
    private let web: CurlClient
    private let database: PostgresClient
    /// Shared by the parts.
    public let runtime: ServiceRuntime
    /// The queues it declares.
    public let topology: ServiceTopology

    /// Reads the settings and assembles the service; nothing is connected yet.
    /// - Parameters:
    ///   - isProcess: Whether this is the main service of the process: it sets up logging and metrics and stops on
    ///     SIGTERM and SIGINT.
    /// - Throws: ``ConfigurationError``.
    public init<S: BackgroundService>(_ service: S.Type, settings: Settings, clock: WallClock = .system, isProcess: Bool = false)
        throws(ConfigurationError)
    {
        let logger = try Self.logger(S.name, settings, isProcess: isProcess)
        var configuration = try settings.database()
        let instance = Self.instance(S.name)
        configuration.applicationName = instance
        configuration.searchPath = S.schema
        configuration.maximumConnections = try settings.value(CommonSettings.databaseConnections)
        let broker = try settings.broker(connectionName: instance)
        let host = try settings.value(CommonSettings.httpHost)
        let runLease = try settings.value(CommonSettings.runLease)
        let port = try settings.value(CommonSettings.httpPort)
        let heartbeat = try settings.value(CommonSettings.heartbeat)

        web = CurlClient(logger: logger)
        var builder = ServiceBuilder(logger: logger, clock: clock, web: web)
        try S.assemble(&builder, settings)
        topology = ServiceTopology(service: S.name, jobs: builder.runners.map(\.name), types: builder.reactions.map(\.type))
        database = PostgresClient(configuration, logger: logger)
        runtime = ServiceRuntime(
            name: S.name, instance: instance, clock: clock, logger: logger, database: database,
            broker: AMQPConnection(broker, topology: topology.topology, logger: logger), runLease: .seconds(runLease),
            migrations: RequiredMigrations(schema: S.schema, folder: Self.folder(of: S.self)))
        let deadline = isProcess ? ShutdownDeadline(database, logger) : nil
        let parts =
            Self.parts(runtime, builder, topology, schema: S.schema, configuration.pooler, host: host, port: port, heartbeat: heartbeat) + [
                ShutdownSignal(runtime: runtime, deadline: deadline)
            ]
        group = ServiceGroup(
            configuration: .init(
                services: parts.map { .init(service: $0, successTerminationBehavior: .ignore, failureTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: isProcess ? [.sigterm, .sigint] : [],
                logger: quiet(logger)))
    }

    /// Runs until it is stopped.
    /// - Throws: ``ConfigurationError`` when broker or database refuse the login for good.
    public func run() async throws {
        runtime.logger.info("Starting", metadata: ["version": "\(BuildInfo.version)", "instance": "\(runtime.instance)"])
        defer { runtime.logger.info("Stopped") }
        do {
            try await group.run()
        } catch let error as AMQPError where error.isRefusal {
            throw ConfigurationError("AMQP_URL", "does not work: \(error)")
        }
        await database.close()
        await web.close()
    }

    /// Stops gracefully.
    public func stop() async { await group.triggerGracefulShutdown() }

    private static func parts(
        _ runtime: ServiceRuntime, _ builder: ServiceBuilder, _ topology: ServiceTopology, schema: String, _ pooler: PostgresPooler, host: String,
        port: Int, heartbeat: Int
    ) -> [any Service] {
        var parts: [any Service] = [
            HealthServer(
                service: runtime.name, host: host, port: port, checks: checks(runtime, topology),
                routes: WebRoutes(routes: builder.routes, fallback: builder.fallback, runtime: runtime, connections: ConnectionLimit()),
                guardian: builder.guardian, sample: { Self.sample(runtime.database.usage) },
                gauges: { [gauges = builder.gauges] in gauges.flatMap { $0() } }, logger: runtime.logger),
            MemoryTrimmer(),
            Heartbeat(runtime, topology, seconds: heartbeat),
            BrokerConnectionService(runtime: runtime),
            DatabaseReadiness(runtime: runtime, schema: schema, pooler: pooler),
            TopologyKeeper(runtime: runtime, topology: topology),
            Relay(runtime, topology),
        ]
        parts += builder.registrations.map { DeliveryWorker(runtime, $0) as any Service }
        parts += builder.services.map { $0(runtime) }
        if !topology.types.isEmpty { parts.append(EventConsumer(runtime, topology, builder.reactions)) }
        if !topology.jobs.isEmpty {
            let rescuer = RunRescuer(runtime, topology.jobs)
            parts += [TickConsumer(runtime, topology, builder.runners, rescuer), rescuer]
        }
        return parts
    }

    private static func checks(_ runtime: ServiceRuntime, _ topology: ServiceTopology) -> [HealthServer.Check] {
        let queues = (topology.types.isEmpty ? [] : [topology.events]) + (topology.jobs.isEmpty ? [] : [topology.ticks])
        // Consumers begin when broker and database are available; until then those are reported as missing.
        let consumers = queues.map { queue in
            HealthServer.Check {
                let isMissing = runtime.broker.isConnected && runtime.databaseReady.isOpen && !runtime.broker.isConsuming(queue)
                return isMissing ? "a consumer of \(queue)" : nil
            }
        }
        return [
            .init { runtime.broker.isConnected ? nil : "the broker" },
            .init { runtime.broker.blockedReason == nil ? nil : "the broker to take messages again (it is low on memory or disk)" },
            .init {
                if let reason = runtime.databaseWaits.reason { return "the database (\(reason))" }
                return runtime.databaseReady.isOpen && runtime.database.isConnected ? nil : "the database"
            },
            .init { runtime.conditions.missing },
        ] + consumers
    }

    private static func sample(_ usage: PoolUsage) {
        for (state, count) in [("leased", usage.leased), ("idle", usage.idle), ("connecting", usage.connecting)] {
            Metric.connections(state).record(count)
        }
        Metric.connectionWaits().record(usage.waiting)
    }

    private static func logger(_ name: String, _ settings: Settings, isProcess: Bool) throws(ConfigurationError) -> Logger {
        let level = try settings.value(CommonSettings.logLevel)
        let format = try settings.value(CommonSettings.logFormat)
        if isProcess {
            LoggingSystem.bootstrap { _ in LineLogHandler(service: name, level: level, format: format) }
            MetricsSystem.bootstrap(PrometheusMetrics.shared)
            ProcessMetrics.begin()
        }
        return Logger(label: name) { _ in LineLogHandler(service: name, level: level, format: format) }
    }

    /// The folder of a service has the name of its module.
    private static func folder(of service: any BackgroundService.Type) -> String {
        String(String(reflecting: service).prefix { $0 != "." })
    }

    private static func instance(_ name: String) -> String {
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let text = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "\(name)@\(text)/\(getpid())"
    }
}

extension AMQPError {
    /// Whether the broker will refuse every retry: a login, a name or a certificate is wrong.
    fileprivate var isRefusal: Bool {
        switch self {
        case .accessRefused, .vhostRefused, .untrustedBroker, .unusableTLSOption, .preconditionFailed: true
        default: false
        }
    }
}

/// The lifecycle logs its steps at `info`; people want to read about the work.
private func quiet(_ logger: Logger) -> Logger {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    return quiet
}
