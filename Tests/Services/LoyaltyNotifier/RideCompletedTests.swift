import AMQP
import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import LoyaltyNotifier

@Suite("loyalty-notifier counts rides and rewards milestones")
struct RideCompletedTests {
    private func rides(_ numbers: some Sequence<Int>, user: Int = 12, copy: String = "") -> [(RideCompleted, String)] {
        numbers.map { number in
            let ride = RideCompleted(
                userId: user, rideId: "ride-\(user)-\(number)", completedAt: Date(timeIntervalSince1970: 1_790_000_000 + Double(number)))
            return (ride, "\(ride.rideId)\(copy)")
        }
    }

    @Test("50 rides, each told twice and out of order, are one award and one push")
    func fiftyRidesTwice() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    try await environment.publish((rides(1...50) + rides(1...50)).shuffled())
                    try await environment.eventually("select count(*) from tickets.refresh_log where activity_type = 2 and status = 1", 1)
                    #expect(try await environment.value("select rides from loyalty.members where user_id = 12", as: Int.self) == 50)
                    #expect(try await environment.value("select count(*) from loyalty.milestones", as: Int.self) == 1)
                    #expect(try await environment.value("select notified_at is not null from loyalty.milestones", as: Bool.self) == true)
                    let pushes = try await stubs.pushes()
                    #expect(pushes.map(\.userIds) == [[12]])
                    #expect(pushes.first?.notificationType == 75)
                    #expect(pushes.first?.title == "You've earned 5 free METRO tickets!")
                    #expect(pushes.first?.language == "en-us")
                }
            }
        }
    }

    @Test("A ride told by two messages with different ids counts once")
    func oneRideTwoMessages() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    try await environment.publish(rides(1...10) + rides(1...10, copy: "-again") + rides(11...11, user: 13))
                    try await environment.eventually("select count(*) from loyalty.inbox", 21)
                    #expect(try await environment.value("select rides from loyalty.members where user_id = 12", as: Int.self) == 10)
                    #expect(try await environment.value("select count(*) from loyalty.rides", as: Int.self) == 11)
                }
            }
        }
    }

    @Test("Milestones 50, 100 and 150 reached in one batch are three awards, announced to everybody")
    func threeMilestones() async throws {
        try await TestEnvironment.open { environment in
            try await environment.broker.declare(
                .init(
                    queues: [.init("listener", exclusive: true)],
                    bindings: [
                        .init(queue: "listener", exchange: "boxoffice.events", routingKey: "loyalty.milestone-reached")
                    ]))
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    try await environment.publish(rides(1...150))
                    try await environment.eventually("select count(*) from loyalty.milestones where notified_at is not null", 3)
                    let awarded = try await environment.database.query("select rides from loyalty.milestones order by rides", as: Int.self)
                    #expect(awarded == [50, 100, 150])
                    var announced: [String] = []
                    try await environment.eventually("three announcements") {
                        announced += try await environment.take("listener").map { String(decoding: $0.body, as: UTF8.self) }
                        return announced.count == 3
                    }
                    #expect(announced.allSatisfy { $0.contains(#""type":"com.boxoffice.loyalty.milestone-reached""#) })
                }
            }
            try await environment.broker.delete(queue: "listener")
        }
    }

    @Test("The push speaks the user's language")
    func language() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("insert into storefront.users (id, language) values (12, 'es-MX'), (13, 'fr')")
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    try await environment.publish(rides(1...50) + rides(1...50, user: 13))
                    try await environment.eventually("select count(*) from tickets.refresh_log where activity_type = 2 and status = 1", 2)
                    let languages = Dictionary(try await stubs.pushes().map { ($0.userIds, $0.language) }) { first, _ in first }
                    #expect(languages == [[12]: "es", [13]: "en-us"])
                }
            }
        }
    }
}
