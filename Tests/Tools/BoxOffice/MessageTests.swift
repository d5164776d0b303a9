import AMQP
import Contracts
import Postgres
import Support
import Testing

@testable import LoyaltyNotifier

@Suite("boxoffice publishes messages and looks after parked ones")
struct MessageTests {
    private struct Parked: Decodable {
        let id: String
        let service: String
        let queue: String
        let routingKey: String
        let attempts: Int
        let reason: String
        let body: String
    }

    private static let ride = #"{"userId":7,"rideId":"ride-1","completedAt":"2026-03-01T10:00:00Z"}"#

    @Test("A published event is worked, once for each id")
    func publish() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    let boxoffice = CommandLineTool(environment)
                    for id in ["one", "one", "two"] {
                        let call = try await boxoffice("publish", "ride.completed", "--data", Self.ride, "--id", id)
                        #expect(call.status == 0, "\(call.errors)")
                        #expect(call.output == "ride.completed published as \(id)\n")
                    }
                    try await environment.eventually("select count(*) from loyalty.inbox", 2)
                    #expect(try await environment.value("select rides from loyalty.members where user_id = 7", as: Int.self) == 1)
                    let prefixed = try await boxoffice("publish", "com.boxoffice.ride.completed", "--data", Self.ride, "--id", "three")
                    #expect(prefixed.status == 0)
                }
            }
        }
    }

    @Test("An event that no queue takes ends with 1")
    func unroutable() async throws {
        try await TestEnvironment.open { environment in
            let call = try await CommandLineTool(environment)("publish", "event.cancelled", "--data", #"{"eventId":1,"reason":"rain"}"#)
            #expect(call.status == 1)
            #expect(call.errors.hasPrefix("boxoffice: no queue takes event.cancelled: the queue bookings.events is not there."))
        }
    }

    @Test("A poisoned message is parked, shown, and replayed once it can work")
    func replay() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.script(
                """
                create function refuse() returns trigger language plpgsql as $$ begin raise data_exception using message = 'poisoned'; end $$;
                create trigger refuse before insert on loyalty.rides for each row execute function refuse();
                """)
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    let boxoffice = CommandLineTool(environment)
                    _ = try await boxoffice("publish", "ride.completed", "--data", Self.ride, "--id", "poison")
                    try await parked(1, in: environment)

                    let list = try await boxoffice("parked", "list", "--json").json(as: [Parked].self)
                    #expect(list.map(\.id) == ["poison"])
                    #expect(list.map(\.queue) == ["loyalty-notifier.events"])
                    #expect(list.map(\.routingKey) == ["ride.completed"])
                    #expect(list.first?.reason.contains("poisoned") == true)
                    #expect(list.first?.body.contains(Self.ride) == true)
                    #expect(try await boxoffice("parked").output.contains("poison"))
                    let show = try await boxoffice("parked", "show", "poison")
                    #expect(show.output.contains(Self.ride))
                    #expect(show.output.contains("published to boxoffice.events with key ride.completed"))

                    // Looking leaves it there; another one's name takes nothing away.
                    #expect(try await boxoffice("parked", "drop", "other").status == 1)
                    #expect(try await boxoffice("parked", "list", "--service", "tickets-cache", "--json").json(as: [Parked].self).isEmpty)
                    try await parked(1, in: environment)

                    try await environment.database.execute("drop trigger refuse on loyalty.rides")
                    let replay = try await boxoffice("parked", "replay", "poison")
                    #expect(replay.output == "1 message replayed\n")
                    try await environment.eventually("select rides from loyalty.members where user_id = 7", 1)
                    try await parked(0, in: environment)
                }
            }
        }
    }

    @Test("What breaks its schema is parked when it is published all the same, and dropped for good")
    func drop() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    let boxoffice = CommandLineTool(environment)
                    let call = try await boxoffice("publish", "ride.completed", "--data", #"{"userId":-1}"#, "--unchecked")
                    #expect(call.status == 0)
                    // By hand, without any id.
                    try await environment.publish(raw: "garbage", to: "boxoffice.events", "ride.completed")
                    try await parked(2, in: environment)
                    let list = try await boxoffice("parked", "--json").json(as: [Parked].self)
                    let nameless = try #require(list.first { $0.body == "garbage" })
                    #expect(nameless.reason.contains("not a JSON object"))
                    #expect(try await boxoffice("parked", "drop", nameless.id).output == "1 message dropped\n")
                    try await parked(1, in: environment)
                    // A reason chooses among all.
                    #expect(try await boxoffice("parked", "replay", "--all", "--reason", "no .* booking").output == "0 messages replayed\n")
                    #expect(try await boxoffice("parked", "replay", "--all", "--reason", "user[A-Z]d").output == "1 message replayed\n")
                    try await environment.eventually("it is parked again") {
                        try await environment.broker.inspect(queue: "loyalty-notifier.parked")?.messages == 1
                    }
                    #expect(try await boxoffice("parked", "replay", "--all", "--reason", "(").status == 64)
                    #expect(try await boxoffice("parked", "replay", "x", "--reason", "x").status == 64)
                    #expect(try await boxoffice("parked", "drop", "--all").output == "1 message dropped\n")
                    try await parked(0, in: environment)
                    #expect(try await boxoffice("parked", "drop", "--all").status == 0)
                }
            }
        }
    }

    @Test("What strangers write cannot move the cursor: control and format characters are shown, JSON stays as it is")
    func strangers() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    let boxoffice = CommandLineTool(environment)
                    let id = "\u{1b}[2J\u{1b}[H all is well\r\nid  service \u{202e}\u{9b}31m"
                    try await environment.publish(raw: "x\u{1b}]0;owned\u{7}\nsecond line", to: "boxoffice.events", "ride.completed", id: id)
                    try await parked(1, in: environment)
                    let shown = #"\u{1b}[2J\u{1b}[H all is well\u{d}\u{a}id  service \u{202e}\u{9b}31m"#
                    for arguments in [["parked", "list"], ["parked", "show", id]] {
                        let output = try await boxoffice.run(arguments).output
                        #expect(output.contains(shown))
                        #expect(!output.unicodeScalars.contains { [.control, .format].contains($0.properties.generalCategory) && $0 != "\n" })
                    }
                    let body = try await boxoffice("parked", "show", id).output
                    #expect(body.contains(#"body         x\u{1b}]0;owned\u{7}"# + "\n             second line\n"))
                    #expect(try await boxoffice("parked", "list", "--json").json(as: [Parked].self).map(\.id) == [id])
                    let complaint = try await boxoffice("parked", "show", "\u{1b}[2J")
                    #expect(complaint.status == 1 && !complaint.errors.contains("\u{1b}"))
                }
            }
        }
    }

    private func parked(_ count: Int, in environment: TestEnvironment) async throws {
        try await environment.eventually("\(count) messages are parked") {
            try await environment.broker.inspect(queue: "loyalty-notifier.parked")?.messages == count
        }
    }
}
