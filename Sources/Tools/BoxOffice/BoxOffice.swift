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
            // Help that was asked for is output like any other.
            let text = fullMessage(for: error)
            if !text.isEmpty { Terminal.say(lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)) }
            end(0)
        } catch {
            exit(withError: error)
        }
    }

    /// Ends the process. All that was said is written; `exit` would have the C libraries take down what the threads of broker and database are still
    /// using (now and then that ended a command that had succeeded with a segmentation fault).
    private static func end(_ status: Int32) -> Never { _exit(status) }
}

/// An end that is not the command's success, with one line for the person in front of it.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
