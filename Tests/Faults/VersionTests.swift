import BuildInfo
import FoundationEssentials
import Support
import Testing

extension FaultTests {
    @Suite("The version")
    struct VersionTests {
        private static let executables = [
            "tick-publisher", "tickets-cache", "loyalty-notifier", "payments", "bookings", "events", "sandbox", "boxoffice",
        ]

        @Test("Every executable says the version that the script says, and it is a commit's", arguments: executables)
        func said(executable: String) async throws {
            let output = try await Self.run(executable, ["--version"], status: 0)
            #expect(output == "\(BuildInfo.version)\n")
            #expect(BuildInfo.version.contains(/^[A-Za-z0-9._+\/-]+$/))
        }

        @Test("An argument that a service does not know ends with 64 and one line", arguments: executables.dropLast())
        func unknown(executable: String) async throws {
            let output = try await Self.run(executable, ["--verbose"], status: 64)
            #expect(output.hasPrefix("\(executable): unknown argument --verbose;"))
            #expect(output.split(separator: "\n").count == 1)
        }

        @Test("--help of a service says what it is and which settings it reads", arguments: executables.dropLast(2))
        func help(executable: String) async throws {
            let output = try await Self.run(executable, ["--help"], status: 0)
            #expect(output.hasPrefix("\(executable) \(BuildInfo.version): "))
            for name in ["DATABASE_URL", "AMQP_URL", "HTTP_PORT", "LOG_LEVEL"] { #expect(output.contains("\n  \(name)"), "\(output)") }
            if executable == "payments" { #expect(output.contains("\n  PAYMENT_GATEWAY_KEY, secret: ")) }
        }

        @Test("Log and metrics of a service say the same version")
        func logged() async throws {
            try await FaultFixture.open { fixture in
                let service = try await fixture.startReady("loyalty-notifier")
                #expect(
                    try await fixture.metrics(service).contains(
                        "boxoffice_build_info{version=\"\(BuildInfo.version)\",service=\"loyalty-notifier\"} 1\n"))
                let first = try #require(service.output.split(separator: "\n").first)
                #expect(first.contains("Starting") && first.contains(BuildInfo.version), "\(first)")
            }
        }

        private static func run(_ executable: String, _ arguments: [String], status: Int32) async throws -> String {
            let log = "\(FileManager.default.temporaryDirectory.path)/version-\(executable)-\(UInt32.random(in: 0 ... .max)).log"
            defer { try? FileManager.default.removeItem(atPath: log) }
            let process = try ServiceProcess(Executables.path(executable), arguments, environment: ["LC_ALL": "C.UTF-8"], log: log)
            #expect(try await process.ended() == .exited(status))
            return process.output
        }
    }
}
