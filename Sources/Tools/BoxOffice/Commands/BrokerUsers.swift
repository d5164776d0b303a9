import ArgumentParser
import Curl
import FoundationEssentials
import Platform

/// Creates or updates the users of the broker and their permissions.
struct BrokerUsers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker-users",
        abstract: "Make or update the broker's users and their rights: one for each service, operator and web-shop.",
        discussion: """
            AMQP_MANAGEMENT_URL is the management API with the name and the password of an administrator, http://operator:secret@rabbitmq:15672; \
            the password may come apart from it, as AMQP_MANAGEMENT_PASSWORD or by the file named by AMQP_MANAGEMENT_PASSWORD_FILE. \
            The password of a user is taken from <USER>_AMQP_PASSWORD (TICKETS_CACHE_AMQP_PASSWORD, WEB_SHOP_AMQP_PASSWORD, \
            OPERATOR_AMQP_PASSWORD) or the file named by <USER>_AMQP_PASSWORD_FILE; without one it stays as it is. Users with the tag \
            \(BrokerUser.mark) that are no longer wanted are removed, other users are left alone. A broker that does not answer yet is waited for, two \
            minutes at most.
            """)

    @Flag(help: "Print RabbitMQ definitions instead, for rabbitmqctl import_definitions; every password must be given.") var print = false
    @Option(name: .customLong("vhost"), help: "The virtual host; may be repeated.") var vhosts: [String] = ["/"]

    /// How long the command waits for a broker that does not answer.
    private static let patience = Duration.seconds(120)

    func run() async throws {
        let settings = Settings.environment()
        let users = BrokerUser.all(services: try DeployedServices.embedded())
        var passwords: [String: String] = [:]
        for user in users {
            passwords[user.name] = print ? try settings.value(user.password) : try settings.optional(user.password)
        }
        if print {
            Terminal.say(json: try BrokerDefinitions(users, vhosts: vhosts, passwords: passwords).json())
        } else {
            try await reconcile(users, passwords, settings)
        }
    }

    private func reconcile(_ users: [BrokerUser], _ passwords: [String: String], _ settings: Settings) async throws {
        let web = CurlClient(logger: Connections.silent)
        let result: Result<Int, any Error>
        do {
            let api = try ManagementAPI(settings, web: web)
            let state = try await Self.awaiting(api)
            let reconciliation = BrokerReconciliation(api: api, vhosts: vhosts, users: users, passwords: passwords)
            result = .success(try await reconciliation.run(state, say: { Terminal.say($0) }))
        } catch let error as ManagementAPI.Unavailable {
            result = .failure(Failure("the broker of \(ManagementAPI.variable) does not answer: \(error.reason)"))
        } catch {
            result = .failure(error)
        }
        await web.close()
        if try result.get() == 0 { Terminal.say("Nothing to do: \(users.count) users have their rights.") }
    }

    /// Reads the state of the broker, waiting for one that is just being started.
    private static func awaiting(_ api: ManagementAPI) async throws -> BrokerState {
        let deadline = ContinuousClock.now + patience
        var hasSpoken = false
        while true {
            do {
                return try await BrokerState(api)
            } catch let error as ManagementAPI.Unavailable where ContinuousClock.now < deadline {
                if !hasSpoken { Terminal.complain("Waiting for the broker at \(api.place): \(error.reason)") }
                hasSpoken = true
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}
