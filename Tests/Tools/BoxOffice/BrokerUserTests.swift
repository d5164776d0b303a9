import AMQP
import Contracts
import FoundationEssentials
import Platform
import Testing

@testable import BoxOffice

@Suite("What the users of the broker may do")
struct BrokerUserTests {
    private func all() throws -> [BrokerUser] { BrokerUser.all(services: try DeployedServices.embedded()) }

    private func matches(_ pattern: String, _ name: String) throws -> Bool { try Regex(pattern).firstMatch(in: name) != nil }

    @Test("Each service of Deploy/services has topic permissions for each topic exchange, and stands in the contract")
    func topics() throws {
        let expected = try ExpectedTopology.embedded()
        let exchanges = Set(expected.exchanges.filter { $0.kind == .topic }.map(\.name))
        for user in try all() { #expect(Set(user.topics.map(\.exchange)) == exchanges, "\(user.name)") }
        for service in try DeployedServices.embedded() where !Tick.publishers.contains(service) {
            #expect(!expected.queues(of: service).isEmpty, "\(service) has no queues in Contracts/asyncapi.yaml")
        }
        #expect(DeployedServices.names(in: "# a comment\n\npayments PAYMENT_GATEWAY_KEY\n bookings \n") == ["payments", "bookings"])
    }

    @Test("A service reaches no queue and no exchange but its own, the shared ones and the queues of its readers")
    func names() throws {
        let expected = try ExpectedTopology.embedded()
        for user in try all() where user != .operators {
            let readers = Set(MessageRoute.all.filter { $0.publisher == user.name }.flatMap(\.readers).map { "\($0).events" })
            let publishes = MessageRoute.all.contains { $0.publisher == (user == .webShop ? nil : user.name) }
            for queue in expected.queues.map(\.name) {
                let isOwn = queue.hasPrefix("\(user.name).")
                #expect(try matches(user.permission.configure, queue) == (isOwn || readers.contains(queue)), "\(user.name) \(queue)")
                #expect(try matches(user.permission.write, queue) == (isOwn || readers.contains(queue)), "\(user.name) \(queue)")
                #expect(try matches(user.permission.read, queue) == isOwn, "\(user.name) \(queue)")
            }
            for exchange in expected.exchanges.map(\.name) + ["amq.default", "amq.topic"] {
                let may = [
                    Exchange.retry(of: user.name): true, Exchange.ticks: Tick.publishers.contains(user.name), Exchange.events: publishes,
                ]
                #expect(try matches(user.permission.write, exchange) == (may[exchange] ?? false), "\(user.name) \(exchange)")
            }
        }
    }

    @Test("Each event may be published by its publisher in the contract and by operators, and by nobody else; ticks by the clock")
    func keys() throws {
        for user in try all() where user != .operators {
            let events = try #require(user.topics.first { $0.exchange == Exchange.events })
            let ticks = try #require(user.topics.first { $0.exchange == Exchange.ticks })
            for type in MessageType.all {
                let route = MessageRoute.all.first { $0.type == type }
                let isPublisher = route.map { $0.publisher ?? BrokerUser.webShop.name } == user.name
                #expect(try matches(events.write, type.rawValue) == isPublisher, "\(user.name) \(type)")
                let binds = route?.readers.contains(user.name) == true || route?.publisher == user.name && route?.readers.isEmpty == false
                #expect(try matches(events.read, type.rawValue) == binds, "\(user.name) \(type)")
            }
            for job in JobName.all {
                #expect(try matches(ticks.write, job.rawValue) == (Tick.publishers.contains(user.name)), "\(user.name) \(job)")
                #expect(try matches(ticks.read, job.rawValue) == (job.service == user.name), "\(user.name) \(job)")
            }
            for pattern in ["#", "*.*", "payment.#"] {
                #expect(try !matches(events.read, pattern))
                #expect(try !matches(ticks.read, pattern))
            }
        }
    }

    @Test("A password is known again by its hash, whatever its salt")
    func passwords() {
        // The example of RabbitMQ's documentation.
        #expect(BrokerPassword.hash("test12", salt: [0x90, 0x8D, 0xC6, 0x0A]) == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR")
        let algorithm = BrokerPassword.algorithm
        let hash = BrokerPassword.hash("geheim", salt: BrokerPassword.randomSalt())
        #expect(BrokerPassword.isHash(hash, algorithm: algorithm, of: "geheim"))
        #expect(!BrokerPassword.isHash(hash, algorithm: algorithm, of: "Geheim"))
        #expect(!BrokerPassword.isHash(hash, algorithm: "rabbit_password_hashing_md5", of: "geheim"))
        for broken in ["", "AAAA", "?"] { #expect(!BrokerPassword.isHash(broken, algorithm: algorithm, of: "")) }
    }

    @Test("The definitions need every password, hold none, and are the same each time")
    func definitions() async throws {
        var boxoffice = CommandLineTool()
        let refused = try await boxoffice("broker-users", "--print")
        #expect(refused.status == 78)
        #expect(refused.errors == "boxoffice: TICK_PUBLISHER_AMQP_PASSWORD is not set (nor is TICK_PUBLISHER_AMQP_PASSWORD_FILE)\n")
        for user in try all() { boxoffice.variables[user.passwordVariable] = "secret of \(user.name)" }
        let printed = try await boxoffice("broker-users", "--print", "--vhost", "a", "--vhost", "b")
        #expect(printed.status == 0)
        #expect(!printed.output.contains("secret of"))
        #expect(try await boxoffice("broker-users", "--print", "--vhost", "a", "--vhost", "b").output == printed.output)
        struct Definitions: Decodable {
            struct Entry: Decodable { let vhost: String }
            let permissions: [Entry]
            let topic_permissions: [Entry]
        }
        let document = try printed.json(as: Definitions.self)
        #expect(document.permissions.filter { $0.vhost == "b" }.count == (try all().count))
        #expect(document.topic_permissions.filter { $0.vhost == "b" }.count == 2 * (try all().count))
    }
}
