import Contracts
import FoundationEssentials
import Platform
import Support
import Testing

@testable import Payments

@Suite("Payments' settings")
struct PaymentsTests {
    @Test(
        "A setting that is missing or wrong is named",
        arguments: ["PAYMENT_GATEWAY_URL", "PAYMENT_GATEWAY_KEY", "PAYMENT_GATEWAY_IN_FLIGHT"])
    func named(variable: String) throws {
        var variables = [
            "DATABASE_URL": "postgresql://payments@127.0.0.1/x", "AMQP_URL": "amqp://127.0.0.1", "PAYMENT_GATEWAY_URL": "http://gateway.example",
            "PAYMENT_GATEWAY_KEY": "key",
        ]
        _ = try ServiceHost(Payments.self, settings: Settings(variables))
        variables[variable] = variable.hasPrefix("PAYMENT_GATEWAY_KEY") ? "" : "nowhere"
        let error = #expect(throws: ConfigurationError.self) { try ServiceHost(Payments.self, settings: Settings(variables)) }
        #expect("\(error as (any Error)?)".contains(variable))
    }

    @Test("The key may come from a file")
    func keyFromFile() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "gateway-key-\(UUID().uuidString)")
        try Data("from a file\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await PaymentsFixture.open(settings: ["PAYMENT_GATEWAY_KEY": "", "PAYMENT_GATEWAY_KEY_FILE": file.path()]) { fixture in
            try await fixture.add(1, .processing, age: 601)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.stubs.received("gateway").map(\.token) == ["from a file"])
        }
    }
}
