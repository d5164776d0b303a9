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
    /// The settings that it reads beside ``CommonSettings/all``.
    static var settings: [SettingDescription] { get }
    /// Puts it together from its settings.
    /// - Throws: ``ConfigurationError`` for a setting that is missing or wrong.
    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError)
}

extension BackgroundService {
    /// Runs the service until SIGTERM or SIGINT; SIGHUP, SIGUSR1 and SIGUSR2 are ignored.
    ///
    /// `--version` and `--help` are answered on standard output; `health` asks the service that runs with the same settings whether it is alive, and
    /// ends with 0 or 1. Ends with 64 (`EX_USAGE`) when it is called with anything else.
    ///
    /// Ends with 0 after a graceful stop, with 78 (`EX_CONFIG`) and one line on standard error when a setting is missing or wrong, with 75
    /// (`EX_TEMPFAIL`) when the stop took too long and was ended by force, with 1 otherwise.
    public static func main() async {
        switch ServiceArguments(CommandLine.arguments.dropFirst()) {
        case .run: await run()
        case .version: answer(BuildInfo.version)
        case .help: answer(help)
        case .health: answer(health: health())
        case .unknown(let arguments):
            LogWriter.standardError.appendLast(
                "\(name): unknown argument \(arguments); it takes --help, --version and health, and settings from the environment\n")
            await end(64)
        }
    }

    private static func run() async -> Never {
        // logrotate and operators send them, meaning no harm; by default they end a process without its stop. Nothing is read again.
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

    /// What `--help` says.
    private static var help: String {
        """
        \(name) \(BuildInfo.version): \(summary)

        usage: \(name) [--help | --version | health]

        Runs until SIGTERM or SIGINT; `health` asks the one that runs with the same settings whether it is alive. Its settings come from the
        environment; NAME_FILE names a file with the value of a secret.

        \((settings + CommonSettings.all).map(\.help).joined(separator: "\n"))
        """
    }

    /// Asks the running service for `/livez`.
    /// - Returns: what is wrong; nil when nothing is.
    private static func health() -> String? {
        do {
            let settings = Settings.environment()
            return HealthProbe.problem(
                host: try settings.value(CommonSettings.httpHost), port: try settings.value(CommonSettings.httpPort), path: "/livez")
        } catch {
            return "\(error)"
        }
    }

    /// Writes the answer to a question of the command line and ends the process.
    private static func answer(_ text: String) -> Never {
        print(text)
        exit(0)
    }

    /// Ends the process, with a line about what is wrong.
    private static func answer(health problem: String?) -> Never {
        if let problem { print("\(name): \(problem)") }
        exit(problem == nil ? 0 : 1)
    }

    /// Ends the process. `exit` has the C libraries take down what their threads may still be using (a statement's cancellation that is
    /// on its way, say); only the last log lines wait to be written, and not for long when nobody reads them.
    private static func end(_ status: Int32) async -> Never {
        await LogWriter.standardError.flush(within: .seconds(1))
        _exit(status)
    }
}
