import AMQP
import Curl
import FoundationEssentials
import Support

/// A RabbitMQ with the management API and without users of ours, in a folder of its own.
struct ManagedBroker: Sendable {
    private let folder: String
    /// The management API, as the administrator.
    let managementURL: String
    /// The broker, as the administrator.
    let amqpURL: String

    /// Starts it, runs the body and stops it.
    static func open(_ body: (ManagedBroker) async throws -> Void) async throws {
        let folder = try PrivateServers.required().folder + "/managed-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        do {
            try await PrivateServers.script(.broker, "start", folder, environment: ["MANAGEMENT": "1"])
            let file = "\(folder)/rabbitmq/env"
            try await body(
                ManagedBroker(
                    folder: folder, managementURL: try PrivateServers.address("AMQP_MANAGEMENT_URL", in: file),
                    amqpURL: try PrivateServers.address("AMQP_URL", in: file)))
        } catch {
            try? await PrivateServers.script(.broker, "kill", folder)
            throw error
        }
        try await PrivateServers.script(.broker, "kill", folder)
    }

    func kill() async throws { try await PrivateServers.script(.broker, "kill", folder) }

    func start() async throws { try await PrivateServers.script(.broker, "start", folder, environment: ["MANAGEMENT": "1"]) }

    /// Has it evaluate an Erlang expression.
    func evaluate(_ expression: String) async throws { try await PrivateServers.script(.broker, "ctl", folder, "eval", expression) }

    /// `boxoffice broker-users` with these settings, begun.
    func begin(_ settings: [String: String], url: String? = nil) throws -> ServiceProcess {
        try ServiceProcess(
            Executables.path("boxoffice"), ["broker-users"],
            environment: settings.merging(["AMQP_MANAGEMENT_URL": url ?? managementURL]) { given, _ in given },
            log: "\(folder)/broker-users-\(UInt32.random(in: 0...UInt32.max)).log")
    }

    /// `boxoffice broker-users`, to its end: how it ended and what it said.
    func users(_ settings: [String: String], url: String? = nil) async throws -> (ending: ServiceProcess.Ending, lines: [String]) {
        let process = try begin(settings, url: url)
        let ending = try await process.ended()
        return (ending, process.output.split(separator: "\n").map(String.init))
    }

    /// Whether a user gets in with a password.
    func accepts(_ user: String, _ password: String) async throws -> Bool {
        let at = amqpURL.firstIndex(of: "@") ?? amqpURL.endIndex
        let configuration = try AMQPConfiguration(url: "amqp://\(user):\(password)" + amqpURL[at...], connectionName: "test")
        let connection = AMQPConnection(configuration, logger: TestServers.logger)
        return await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    try await connection.run()
                } catch AMQPError.accessRefused {}
                return false
            }
            group.addTask {
                try await connection.connected()
                return true
            }
            defer { group.cancelAll() }
            while let answer = await group.nextResult() {
                if let answer = try? answer.get() { return answer }
            }
            return false
        }
    }

    /// What the management API answers to a GET.
    func get(_ path: String) async throws -> String {
        let web = CurlClient(logger: TestServers.logger)
        let rest = managementURL.split(separator: "@")
        let login = rest[0].dropFirst("http://".count)
        let request = HTTPRequest(
            url: "http://\(rest[1])/api/\(path)", headers: ["Authorization": "Basic " + Data(login.utf8).base64EncodedString()])
        let response = try await web.send(request)
        await web.close()
        return String(decoding: response.body, as: UTF8.self)
    }
}
