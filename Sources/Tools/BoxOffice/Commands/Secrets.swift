import ArgumentParser
import Platform

/// Creates the secrets that containers read from files.
struct Secrets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, show or put the secrets that containers are given as files.",
        discussion: """
            SECRETS_DIR (/run/secrets) has a folder for each of those who are given secrets, and only theirs is shown to each. compose.yaml runs \
            `secrets make` before anything else.
            """,
        subcommands: [Make.self, Show.self, Put.self])

    /// The parent of the folders.
    static let folder = Setting.text("SECRETS_DIR", "the folders of secrets, one for each who is given some", .standard("/run/secrets"))

    static func store() throws -> SecretStore { SecretStore(folder: try Settings.environment().value(folder)) }

    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the secrets that are missing. What is there stays as it is.")

        @Argument(
            help: ArgumentHelp(
                """
                NAME:OWNER,OWNER…: one secret for all of these, in OWNER/NAME. With ? behind the name (smtp_pass?:bookings) it is left empty, for a person \
                to put it there.
                """, valueName: "secret"))
        var secrets: [SharedSecret]

        func run() async throws {
            let store = try Secrets.store()
            var made: [String] = []
            for secret in secrets { made += try store.make(secret) }
            for path in made { Terminal.say("made \(path)") }
            if made.isEmpty { Terminal.say("All secrets are there.") }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print one secret, such as operator/broker for the management page.")
        @Argument(help: "OWNER/NAME") var secret: String

        func run() async throws { Terminal.say(try Secrets.store().read(secret)) }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace one secret by what stands on standard input. Whoever reads it does so at its next start.")
        @Argument(help: "OWNER/NAME") var secret: String

        func run() async throws {
            guard let line = readLine(), !line.isEmpty else { throw Failure("standard input is empty: nothing was replaced") }
            try Secrets.store().put(line, as: secret)
            Terminal.say("replaced \(secret)")
        }
    }
}

/// A secret for one or several owners: `payment_gateway_key:payments,sandbox`.
struct SharedSecret: ExpressibleByArgument {
    let name: String
    let owners: [String]
    /// Whether its file is created empty, for a person to fill in.
    let isOptional: Bool

    init?(argument: String) {
        let parts = argument.split(separator: ":")
        guard parts.count == 2 else { return nil }
        isOptional = parts[0].hasSuffix("?")
        name = String(isOptional ? parts[0].dropLast() : parts[0])
        owners = parts[1].split(separator: ",").map(String.init)
        guard !name.isEmpty, !owners.isEmpty, ([name] + owners).allSatisfy(Self.isPlain) else { return nil }
    }

    /// Whether a text has only lower-case letters, digits, hyphens and underscores: it becomes a path.
    private static func isPlain(_ text: String) -> Bool {
        text.wholeMatch(of: /[a-z][a-z0-9_-]*/) != nil
    }
}
