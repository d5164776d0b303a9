import Contracts
import Testing

@Suite("Message types")
struct MessageTypeTests {
    @Test("The wire's type is the routing key with the house's prefix")
    func wireType() {
        #expect(RideCompleted.type.wireType == "com.boxoffice.ride.completed")
        #expect(MessageType(wireType: "com.boxoffice.ride.completed") == RideCompleted.type)
    }

    @Test(
        "A type without the prefix, or with nothing behind it, is none",
        arguments: ["ride.completed", "com.boxoffice.", "com.example.ride.completed", ""])
    func foreign(_ wireType: String) { #expect(MessageType(wireType: wireType) == nil) }

    @Test("No two messages share a type")
    func distinct() { #expect(Set(MessageType.all).count == Messages.all.count) }
}
