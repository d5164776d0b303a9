import ArgumentParser
import BuildInfo
import Glibc
import Platform

/// The operators' command line.
@main
struct BoxOffice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "boxoffice",
        abstract: "Watch and trigger the background services of the box office.",
        discussion: "DATABASE_URL and AMQP_URL say where they live; each may come from a file named by DATABASE_URL_FILE and AMQP_URL_FILE.",
        version: BuildInfo.version,
        subcommands: [
            Migrate.self, BrokerUsers.self, Trigger.self, Publish.self, Runs.self, SchedulesCommand.self, Parked.self, PaymentCommand.self,
            Doctor.self, Audit.self, DemoData.self, Secrets.self,
        ])

    /// Ends with 64 (`EX_USAGE`) when it was called wrongly, with 78 (`EX_CONFIG`) when a setting is missing or wrong, with 74
    /// (`EX_IOERR`) when its output cannot be written, with 1 when the command did not succeed; each time with a line that says why.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as ConfigurationError {
            Terminal.complain("boxoffice: \(error)")
            Glibc.exit(78)
        } catch let error where exitCode(for: error) == .failure && !(error is ExitCode) {
            Terminal.complain("boxoffice: \("\(error)".split(whereSeparator: \.isNewline).joined(separator: " "))")
            Glibc.exit(1)
        } catch let error where exitCode(for: error) == .success {
            // Help that was asked for is output like any other.
            let text = fullMessage(for: error)
            if !text.isEmpty { Terminal.say(lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)) }
            Glibc.exit(0)
        } catch {
            exit(withError: error)
        }
    }
}

/// An end that is not the command's success, with one line for the person in front of it.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
