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
            Doctor.self, Audit.self, Backfill.self, DemoData.self, MailCommand.self, UserCommand.self, TokenCommand.self,
            Secrets.self,
        ])

    /// Exit codes: 64 (`EX_USAGE`) for wrong arguments, 78 (`EX_CONFIG`) for a missing or invalid setting, 74
    /// (`EX_IOERR`) when the output cannot be written, 1 when the command failed; each time with a line that gives the
    /// reason.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            end(0)
        } catch let code as ExitCode {
            end(code.rawValue)
        } catch let error as ConfigurationError {
            Terminal.complain("boxoffice: \(error)")
            end(78)
        } catch let error where exitCode(for: error) == .failure {
            Terminal.complain("boxoffice: \("\(error)".split(whereSeparator: \.isNewline).joined(separator: " "))")
            end(1)
        } catch let error where exitCode(for: error) == .success {
            // Requested help is normal output.
            let text = fullMessage(for: error)
            if !text.isEmpty { Terminal.say(lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)) }
            end(0)
        } catch {
            exit(withError: error)
        }
    }

    /// Ends the process. All output has been written by now. `exit` would run the cleanup of C libraries that the
    /// threads of broker and database still use, which now and then crashed a successful command with a segmentation
    /// fault.
    private static func end(_ status: Int32) -> Never { _exit(status) }
}

/// The command failed, with one line for its user.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
