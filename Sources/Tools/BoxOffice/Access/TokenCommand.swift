import ArgumentParser
import Digests
import Platform

/// Makes a token for a program that uses the console.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make a token for a program, and the line of CONSOLE_TOKENS_FILE that lets it in.",
        discussion: "The token is printed once, after the line; the file has only its digest. With --token-stdin the line of a token is printed.")

    @Argument(help: "A name for the audit log.") var name: String
    @Option(help: "What it may do: \(Role.allCases.map(\.rawValue).joined(separator: ", ")).") var role: Role
    @Flag(help: "The token is the first line of standard input.") var tokenStdin = false

    func validate() throws { try UserCommand.validate(name) }

    func run() throws {
        let token: String
        if tokenStdin {
            guard let line = readLine(), (32...512).contains(line.utf8.count) else {
                throw Failure("the token on standard input must have 32 to 512 bytes")
            }
            token = line
        } else {
            token = SecretStore.random()
        }
        Terminal.say("\(name) \(role.rawValue) \(Digest.sha256.hexadecimal(Array(token.utf8)))")
        if !tokenStdin { Terminal.say("token: \(token)") }
    }
}
