import BuildInfo
import FoundationEssentials
import Glibc
import Logging
import Platform
import ServiceLifecycle
import UnixSignals

/// The sandbox: stubs of the external services, for development only.
@main
struct Main {
    /// The settings are wrong (`EX_CONFIG` of sysexits.h).
    private static let wrongConfiguration: Int32 = 78

    /// The arguments are wrong (`EX_USAGE`).
    private static let wrongUsage: Int32 = 64

    static func main() async throws {
        if CommandLine.arguments.count > 1 {
            switch Array(CommandLine.arguments.dropFirst()) {
            case ["--version"]: print(BuildInfo.version)
            case ["--help"], ["-h"]: print(help)
            case ["health"]: await endWithHealth()
            case let arguments: end("unknown argument \(arguments.joined(separator: " ")); there are --help, --version and health", code: wrongUsage)
            }
            exit(0)
        }
        let settings: Settings
        do {
            settings = try Settings(.environment())
        } catch {
            end("\(error)")
        }
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "sandbox")
        logger.logLevel = settings.logLevel
        let services: SandboxServices
        do {
            services = try SandboxServices(settings, world: SandboxState(settings), logger: logger)
        } catch {
            end("\(error)")
        }
        var configuration = ServiceGroupConfiguration(services: services.all, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(2)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch is CancellationError {
            logger.warning("Ended with requests under way")
        } catch {
            end("cannot serve: \(error)", code: EXIT_FAILURE)
        }
    }

    private static var help: String {
        """
        sandbox \(BuildInfo.version), stand-ins for the outside services of Box Office, for development only.

        usage: sandbox [--help | --version | health]

        Settings, from the environment:

        \(Settings.all.map(\.help).joined(separator: "\n"))
        """
    }

    /// Checks the health of the sandbox that runs with the same settings.
    private static func endWithHealth() async -> Never {
        do {
            let given = Platform.Settings.environment()
            let problem = await HealthProbe.problem(
                host: try given.value(Settings.hostSetting), port: try given.value(Settings.httpPortSetting), path: "/_sandbox/health")
            if let problem { end(problem, code: EXIT_FAILURE) }
            exit(0)
        } catch {
            end("\(error)")
        }
    }

    private static func end(_ reason: String, code: Int32 = wrongConfiguration) -> Never {
        let line = "sandbox: \(reason)\n"
        _ = write(STDERR_FILENO, line, line.utf8.count)
        exit(code)
    }
}
