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
        try await TestHouse.open { house in
            try await Outside.open { outside in
                try await house.with(LoyaltyNotifier.self, settings: outside.settings) { _ in
                    try await house.publish((rides(1...50) + rides(1...50)).shuffled())
                    try await house.eventually("select count(*) from tickets.refresh_log where activity_type = 2 and status = 1", 1)
                    #expect(try await house.value("select rides from loyalty.members where user_id = 12", as: Int.self) == 50)
                    #expect(try await house.value("select count(*) from loyalty.milestones", as: Int.self) == 1)
                    #expect(try await house.value("select notified_at is not null from loyalty.milestones", as: Bool.self) == true)
                    let pushes = try await outside.pushes()
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
        try await TestHouse.open { house in
            try await Outside.open { outside in
                try await house.with(LoyaltyNotifier.self, settings: outside.settings) { _ in
                    try await house.publish(rides(1...10) + rides(1...10, copy: "-again") + rides(11...11, user: 13))
                    try await house.eventually("select count(*) from loyalty.inbox", 21)
                    #expect(try await house.value("select rides from loyalty.members where user_id = 12", as: Int.self) == 10)
                    #expect(try await house.value("select count(*) from loyalty.rides", as: Int.self) == 11)
                }
            }
        }
    }

    @Test("Milestones 50, 100 and 150 reached in one batch are three awards, announced to everybody")
    func threeMilestones() async throws {
        try await TestHouse.open { house in
            try await house.broker.declare(
                .init(
                    queues: [.init("listener", exclusive: true)],
                    bindings: [
                        .init(queue: "listener", exchange: "boxoffice.events", routingKey: "loyalty.milestone-reached")
                    ]))
            try await Outside.open { outside in
                try await house.with(LoyaltyNotifier.self, settings: outside.settings) { _ in
                    try await house.publish(rides(1...150))
                    try await house.eventually("select count(*) from loyalty.milestones where notified_at is not null", 3)
                    let awarded = try await house.database.query("select rides from loyalty.milestones order by rides", as: Int.self)
                    #expect(awarded == [50, 100, 150])
                    var announced: [String] = []
                    try await house.eventually("three announcements") {
                        announced += try await house.take("listener").map { String(decoding: $0.body, as: UTF8.self) }
                        return announced.count == 3
                    }
                    #expect(announced.allSatisfy { $0.contains(#""type":"com.boxoffice.loyalty.milestone-reached""#) })
                }
            }
            try await house.broker.delete(queue: "listener")
        }
    }

    @Test("The push speaks the user's language")
    func language() async throws {
        try await TestHouse.open { house in
            try await house.database.execute("insert into storefront.users (id, language) values (12, 'es-MX'), (13, 'fr')")
            try await Outside.open { outside in
                try await house.with(LoyaltyNotifier.self, settings: outside.settings) { _ in
                    try await house.publish(rides(1...50) + rides(1...50, user: 13))
                    try await house.eventually("select count(*) from tickets.refresh_log where activity_type = 2 and status = 1", 2)
                    let languages = Dictionary(try await outside.pushes().map { ($0.userIds, $0.language) }) { first, _ in first }
                    #expect(languages == [[12]: "es", [13]: "en-us"])
                }
            }
        }
    }
}
