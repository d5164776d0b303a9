import FoundationEssentials
import Support
import Testing

extension FaultTests {
    @Suite("Bad configuration")
    struct ConfigurationTests {
        /// A setting, what is wrong with it, and what must not be told of it.
        struct Mistake: Sendable, CustomTestStringConvertible {
            let variable: String
            /// nil: not set.
            let value: String?

            var testDescription: String { value.map { "\(variable)=\($0)" } ?? "no \(variable)" }
        }

        /// Stands in every value that is a secret; no line may show it.
        private static let secret = "hunter2"

        static let mistakes = [
            Mistake(variable: "DATABASE_URL", value: nil),
            Mistake(variable: "DATABASE_URL", value: ""),
            Mistake(variable: "DATABASE_URL", value: "garbage \(secret)"),
            Mistake(variable: "DATABASE_URL", value: "mysql://shop:\(secret)@127.0.0.1/shop"),
            Mistake(variable: "DATABASE_URL", value: "postgresql://shop:\(secret)@127.0.0.1:port/shop"),
            Mistake(variable: "DATABASE_URL", value: "postgresql://shop:\(secret)@127.0.0.1/shop?sslmode=perhaps"),
            Mistake(variable: "DATABASE_URL_FILE", value: "/nowhere/database-url"),
            Mistake(variable: "AMQP_URL", value: nil),
            Mistake(variable: "AMQP_URL", value: "garbage \(secret)"),
            Mistake(variable: "AMQP_URL", value: "http://shop:\(secret)@127.0.0.1/"),
            Mistake(variable: "AMQP_URL", value: "amqp://shop:\(secret)@127.0.0.1:99999/"),
            Mistake(variable: "HTTP_PORT", value: "abc"),
            Mistake(variable: "HTTP_PORT", value: "65536"),
            Mistake(variable: "HTTP_PORT", value: "-1"),
            Mistake(variable: "HTTP_HOST", value: "everywhere"),
            Mistake(variable: "LOG_LEVEL", value: "loud"),
            Mistake(variable: "LOG_FORMAT", value: "xml"),
            Mistake(variable: "DATABASE_CONNECTIONS", value: "many"),
        ]

        static let own: [String: [Mistake]] = [
            "loyalty-notifier": [
                Mistake(variable: "PUSH_URL", value: nil), Mistake(variable: "PUSH_URL", value: "ftp://x"), Mistake(variable: "PUSH_URL", value: "x"),
                Mistake(variable: "PUSH_KEY_FILE", value: "/nowhere/key"), Mistake(variable: "PUSH_IN_FLIGHT", value: "0"),
            ],
            "tickets-cache": [
                Mistake(variable: "BYTEMARK_URL", value: nil), Mistake(variable: "BYTEMARK_URL", value: "ftp://x"),
                Mistake(variable: "BYTEMARK_IN_FLIGHT", value: "lots"), Mistake(variable: "BYTEMARK_PER_SECOND", value: "-5"),
            ],
        ]

        static let cases = own.keys.sorted().flatMap { name in (mistakes + (own[name] ?? [])).map { (name, $0) } }

        @Test("A setting that is missing or wrong ends the process within a second with exit 78 and one line that names it", arguments: cases)
        func atOnce(name: String, mistake: Mistake) async throws {
            var environment = Self.right
            if mistake.variable.hasSuffix("_FILE") { environment[String(mistake.variable.dropLast("_FILE".count))] = nil }
            environment[mistake.variable] = mistake.value
            let output = try await Refusal.output(of: name, environment)
            #expect(output.split(separator: "\n").count == 1, "\(output)")
            #expect(output.hasPrefix("\(name): \(mistake.variable) "), "\(output)")
            #expect(!output.contains(Self.secret), "\(output)")
        }

        /// Settings that nothing is wrong with, though nobody listens there.
        private static let right = [
            "DATABASE_URL": "postgresql://shop:\(secret)@127.0.0.1:1/shop", "AMQP_URL": "amqp://shop:\(secret)@127.0.0.1:1/", "HTTP_PORT": "0",
            "PUSH_URL": "http://127.0.0.1:1/push", "PUSH_KEY": secret, "BYTEMARK_URL": "http://127.0.0.1:1/bytemark",
        ]

        @Test(
            "A login that the broker refuses ends the process within a second with exit 78 and a last line that names the setting",
            arguments: ["loyalty-notifier", "tickets-cache"])
        func wrongPassword(name: String) async throws {
            try await FaultFixture.open { fixture in
                var environment = fixture.environment(of: name)
                environment["LOG_LEVEL"] = nil
                let url = try #require(environment["AMQP_URL"])
                environment["AMQP_URL"] = try Self.replacingPassword(of: url)
                let output = try await Refusal.output(of: name, environment)
                let lines = output.split(separator: "\n")
                #expect(lines.last?.hasPrefix("\(name): AMQP_URL ") == true, "\(output)")
                #expect(lines.filter { $0.contains("AMQP_URL") }.count == 1, "\(output)")
                #expect(!output.contains(Self.secret), "\(output)")
            }
        }

        @Test("An address that cannot be listened on ends the process with exit 78, one line that names the setting, and no error beside it")
        func takenPort() async throws {
            try await FaultFixture.open { fixture in
                let service = try fixture.start("loyalty-notifier")
                try await fixture.environment.eventually("it listens") { await fixture.readiness(service) == "ready\n" }
                let mistakes = [("HTTP_PORT", "\(service.port)", "in use"), ("HTTP_HOST", "192.0.2.1", "Cannot assign")]
                for (variable, value, reason) in mistakes {
                    var environment = fixture.environment(of: "loyalty-notifier").merging(["HTTP_PORT": "0"]) { $1 }
                    environment["LOG_LEVEL"] = nil
                    environment[variable] = value
                    let output = try await Refusal.output(of: "loyalty-notifier", environment)
                    let last = try #require(output.split(separator: "\n").last)
                    #expect(last.hasPrefix("loyalty-notifier: HTTP_PORT ") && last.contains(value) && last.contains(reason), "\(output)")
                    #expect(!output.contains("\"error\"") && !output.contains(" error "), "\(output)")
                }
            }
        }

        @Test("A virtual host that is not there is named like a wrong password")
        func noVirtualHost() async throws {
            try await FaultFixture.open { fixture in
                var environment = fixture.environment(of: "loyalty-notifier")
                environment["AMQP_URL"] = try Self.replacingPath(of: try #require(environment["AMQP_URL"]))
                let output = try await Refusal.output(of: "loyalty-notifier", environment)
                #expect(output.split(separator: "\n").last?.hasPrefix("loyalty-notifier: AMQP_URL ") == true, "\(output)")
            }
        }

        @Test(
            "What the database refuses may be right again in a minute: the service waits and says why, once and without the password",
            arguments: ["loyalty-notifier", "tickets-cache"])
        func refusedLogin(name: String) async throws {
            try await FaultFixture.open { fixture in
                let url = try #require(fixture.environment(of: name)["DATABASE_URL"])
                let mistakes = [
                    (try Self.replacingPassword(of: url), "password authentication failed"), (try Self.replacingPath(of: url), "nowhere"),
                ]
                for (url, word) in mistakes {
                    let service = try fixture.start(name, ["DATABASE_URL": url])
                    try await fixture.environment.eventually("/readyz says why") { await fixture.readiness(service).contains(word) }
                    try await fixture.environment.eventually("the log says why") { service.output.contains(word) }
                    #expect(service.hasEnded == nil)
                    #expect(service.output.split(separator: "\n").filter { $0.contains("Waiting for the database") }.count == 1)
                    #expect(!service.output.contains(Self.secret), "\(service.output)")
                    try await service.kill()
                }
            }
        }

        private static func replacingPath(of url: String) throws -> String {
            url[..<(try #require(url.lastIndex(of: "/")))] + "/nowhere"
        }

        private static func replacingPassword(of url: String) throws -> String {
            let at = try #require(url.firstIndex(of: "@"))
            let colon = try #require(url[..<at].lastIndex(of: ":"))
            return url[...colon] + secret + url[at...]
        }
    }
}
