import ArgumentParser
import Contracts
import Digests
import FoundationEssentials
import Platform
import Postgres

/// Makes and changes the accounts of the console.
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Who may sign in to the console.", subcommands: [List.self, Add.self, Password.self, Remove.self],
        defaultSubcommand: List.self)

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an account, or give one another role. A new account gets a password that is printed once, or the one on standard input.")
        @Argument(help: "The name to sign in with.") var name: String
        @Option(help: "What it may do: \(Role.allCases.map(\.rawValue).joined(separator: ", ")).") var role: Role
        @Flag(help: "The password is the first line of standard input.") var passwordStdin = false

        func validate() throws { try UserCommand.validate(name) }

        func run() async throws {
            let password = try NewPassword(fromInput: passwordStdin)
            let (name, role) = (name, role)
            let isNew = try await Connections.withDatabase { database in
                try await database.query(UserCommand.insert, as: Bool.self, name, role.rawValue, password.hash).first ?? false
            }
            guard isNew else { return Terminal.say("\(name) is \(role.rawValue) now; the password stays as it is") }
            Terminal.say("\(name) may sign in as \(role.rawValue)")
            password.show()
        }
    }

    struct Password: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "passwd", abstract: "Give an account a new password, and end its sessions.")
        @Argument(help: "The account.") var name: String
        @Flag(help: "The password is the first line of standard input.") var passwordStdin = false

        func run() async throws {
            let password = try NewPassword(fromInput: passwordStdin)
            let name = name
            let isDone = try await Connections.withDatabase { database in
                try await database.query(UserCommand.change, as: Bool.self, name, password.hash).first ?? false
            }
            guard isDone else { throw Failure("there is no account \(name)") }
            Terminal.say("\(name) has a new password, and is signed out everywhere")
            password.show()
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove an account, and end its sessions. What it did stays in the audit log.")
        @Argument(help: "The account.") var name: String

        func run() async throws {
            let name = name
            let isDone = try await Connections.withDatabase { try await !$0.query(UserCommand.delete, as: String.self, name).isEmpty }
            guard isDone else { throw Failure("there is no account \(name)") }
            Terminal.say("\(name) is removed")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the accounts.")
        @Flag(help: "As a JSON array.") var json = false

        func run() async throws {
            let accounts = try await Connections.withDatabase { try await $0.query(UserCommand.all, as: Account.self) }
            if json { return Terminal.say(json: String(decoding: try WireCoding.encodeJSON(accounts), as: UTF8.self)) }
            Terminal.table(
                ["name", "role", "made", "password of", "sessions"],
                accounts.map {
                    [
                        $0.name, $0.role, RFC3339.string(from: $0.createdAt), RFC3339.string(from: $0.passwordChangedAt), "\($0.sessions)",
                    ]
                })
        }
    }

    private struct Account: Codable, Sendable {
        let name: String
        let role: String
        let createdAt: Date
        let passwordChangedAt: Date
        let sessions: Int
    }

    static func validate(_ name: String) throws {
        guard name.wholeMatch(of: /[a-z0-9][a-z0-9._@-]{0,63}/) != nil else {
            throw ValidationError("\(name) is no name: 1 to 64 lower-case letters, digits and . _ @ -, beginning with a letter or digit.")
        }
    }

    private static let insert: SQL = """
        insert into console.accounts as a (name, role, password_hash) values ($1::text, $2::text, $3::text)
        on conflict (name) do update set role = excluded.role returning a.xmax = 0
        """

    private static let change: SQL = """
        with changed as (
            update console.accounts set password_hash = $2::text, password_changed_at = now() where name = $1::text returning name),
        ended as (delete from console.sessions where account in (select name from changed))
        select exists (select from changed)
        """

    private static let delete: SQL = "delete from console.accounts where name = $1::text returning name"

    private static let all: SQL = """
        select name, role, created_at, password_changed_at, (select count(*)::integer from console.sessions where account = name) as sessions
        from console.accounts order by name
        """
}

extension Role: ExpressibleByArgument {}

/// A password of standard input, or a random one that is printed once.
struct NewPassword {
    private let made: String?
    let hash: String

    init(fromInput: Bool) throws {
        let text: String
        if fromInput {
            guard let line = readLine(), (12...PasswordHash.mostBytes).contains(line.utf8.count) else {
                throw Failure("the password on standard input must have 12 to \(PasswordHash.mostBytes) bytes")
            }
            (text, made) = (line, nil)
        } else {
            text = SecretStore.random()
            made = text
        }
        hash = PasswordHash(Array(text.utf8)).text
    }

    /// Prints the password, if it was made here.
    func show() { if let made { Terminal.say("password: \(made)") } }
}
