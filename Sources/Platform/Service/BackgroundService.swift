import BuildInfo
import Glibc

/// A service: one executable, one domain, one schema. The conforming type is its table of contents and its `@main`.
public protocol BackgroundService: Sendable {
    /// The executable's name; also its database role, its broker user and the prefix of its queues.
    static var name: String { get }
    /// Its own schema: inbox, outbox, deliveries and its tables.
    static var schema: String { get }
    /// What it is, in one line.
    static var summary: String { get }
    /// The settings that it reads besides ``CommonSettings/all``.
    static var settings: [SettingDescription] { get }
    /// Assembles it from its settings.
    /// - Throws: ``ConfigurationError`` for a setting that is missing or wrong.
    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError)
}

extension BackgroundService {
    /// Runs the service until SIGTERM or SIGINT; SIGHUP, SIGUSR1 and SIGUSR2 are ignored.
    ///
    /// `--version` and `--help` print to standard output; `health` asks the service that runs with the same settings
    /// whether it is alive, and exits with 0 or 1. Any other argument exits with 64 (`EX_USAGE`).
    ///
    /// Exits with 0 after a graceful stop, with 78 (`EX_CONFIG`) and one line on standard error when a setting is
    /// missing or wrong, with 75 (`EX_TEMPFAIL`) when the stop took too long and was forced, with 1 otherwise.
    public static func main() async {
        switch ServiceArguments(CommandLine.arguments.dropFirst()) {
        case .run: await run()
        case .version: answer(BuildInfo.version)
        case .help: answer(help)
        case .health: answer(health: await health())
        case .unknown(let arguments):
            LogWriter.standardError.appendLast(
                "\(name): unknown argument \(arguments); it takes --help, --version and health, and settings from the environment\n")
            await end(64)
        }
    }

    private static func run() async -> Never {
        // logrotate and operators send them without meaning to stop the process, which is their default action. Nothing
        // is reloaded.
        for number in [SIGHUP, SIGUSR1, SIGUSR2] { signal(number, SIG_IGN) }
        do {
            let host = try ServiceHost(Self.self, settings: .environment(), isProcess: true)
            try await host.run()
            await end(0)
        } catch let error as ConfigurationError {
            LogWriter.standardError.appendLast("\(name): \(error)\n")
            await end(78)
        } catch {
            LogWriter.standardError.appendLast("\(name): \(error)\n")
            await end(1)
        }
    }

    /// The text of `--help`.
    private static var help: String {
        """
        \(name) \(BuildInfo.version): \(summary)

        usage: \(name) [--help | --version | health]

        Runs until SIGTERM or SIGINT; `health` asks the one that runs with the same settings whether it is alive. Its settings come from the
        environment; NAME_FILE names a file with the value of a secret.

        \((settings + CommonSettings.all).map(\.help).joined(separator: "\n"))
        """
    }

    /// Requests `/livez` of the running service.
    /// - Returns: what is wrong; nil when nothing is.
    private static func health() async -> String? {
        do {
            let settings = Settings.environment()
            return await HealthProbe.problem(
                host: try settings.value(CommonSettings.httpHost), port: try settings.value(CommonSettings.httpPort), path: "/livez")
        } catch {
            return "\(error)"
        }
    }

    /// Prints the output of a command-line argument and ends the process.
    private static func answer(_ text: String) -> Never {
        print(text)
        exit(0)
    }

    /// Ends the process; prints a line when there is a problem.
    private static func answer(health problem: String?) -> Never {
        if let problem { print("\(name): \(problem)") }
        exit(problem == nil ? 0 : 1)
    }

    /// Ends the process without `exit`, which tears down the C libraries while their threads may still use them (for
    /// the cancellation of a statement, say). Only the last log lines are waited for, and not long when nothing reads
    /// them.
    private static func end(_ status: Int32) async -> Never {
        await LogWriter.standardError.flush(within: .seconds(1))
        _exit(status)
    }
}
