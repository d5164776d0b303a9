import Support
import Testing

@testable import Events

@Suite("Events")
struct EventsTests {
    @Test("Its name is its schema's")
    func name() { #expect(Events.name == Events.schema) }
}
