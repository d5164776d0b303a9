import BuildInfo
import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// The sandbox: stand-ins for the outside services, for development only.
@main
struct Main {
    /// The settings are wrong (`EX_CONFIG` of sysexits.h).
    private static let wrongConfiguration: Int32 = 78

    /// It was called wrongly (`EX_USAGE`).
    private static let wrongUsage: Int32 = 64

    static func main() async throws {
        if CommandLine.arguments.count > 1 {
            guard CommandLine.arguments.dropFirst() == ["--version"] else {
                end("unknown argument \(CommandLine.arguments[1]); there is --version, and README.md says which settings it reads", code: wrongUsage)
            }
            print(BuildInfo.version)
            exit(0)
        }
        let settings: Settings
        do {
            settings = try Settings(environment: ProcessInfo.processInfo.environment)
        } catch {
            end("\(error)")
        }
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "sandbox")
        logger.logLevel = settings.logLevel
        let services: SandboxServices
        do {
            services = try SandboxServices(settings, world: OutsideWorld(settings), logger: logger)
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

    private static func end(_ reason: String, code: Int32 = wrongConfiguration) -> Never {
        let line = "sandbox: \(reason)\n"
        _ = write(STDERR_FILENO, line, line.utf8.count)
        exit(code)
    }
}
