import Support
import Testing

@testable import Bookings

@Suite("Bookings")
struct BookingsTests {
    @Test("Its name is its schema's")
    func name() { #expect(Bookings.name == Bookings.schema) }
}
