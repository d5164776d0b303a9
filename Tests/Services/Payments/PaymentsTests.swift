import Support
import Testing

@testable import Payments

@Suite("Payments")
struct PaymentsTests {
    @Test("Its name is its schema's")
    func name() { #expect(Payments.name == Payments.schema) }
}
