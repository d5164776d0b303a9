import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import LoyaltyNotifier
@testable import TicketsCache

@Suite("What cannot be worked is parked")
struct ParkingTests {
    /// What is wrong with a message, and what the parking says of it.
    struct Broken: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: String
        let reason: String
    }

    static let broken = [
        Broken(testDescription: "a garbage body", body: "\u{1}not JSON", reason: "not a JSON object"),
        Broken(testDescription: "an empty body", body: "", reason: "not a JSON object"),
        Broken(testDescription: "half a body", body: #"{"specversion":"1.0","id":"x""#, reason: "not a JSON object"),
        Broken(testDescription: "an array", body: "[]", reason: "not a JSON object"),
        Broken(testDescription: "an unknown type", body: event(type: "com.boxoffice.ride.invented"), reason: "does not know the type ride.invented"),
        Broken(testDescription: "a foreign type", body: event(type: "org.example.ride"), reason: "org.example.ride"),
        Broken(testDescription: "another specversion", body: event(version: "0.3"), reason: "specversion"),
        Broken(testDescription: "no id", body: event(id: nil), reason: "no id"),
        Broken(testDescription: "no data", body: event(data: nil), reason: ""),
        Broken(testDescription: "a missing member", body: event(data: #"{"userId":1,"completedAt":"2026-03-01T02:00:00Z"}"#), reason: "rideId"),
        Broken(
            testDescription: "a text where an integer belongs",
            body: event(data: #"{"userId":"1","rideId":"r","completedAt":"2026-03-01T02:00:00Z"}"#), reason: "userId"),
        Broken(
            testDescription: "an instant that is none", body: event(data: #"{"userId":1,"rideId":"r","completedAt":"yesterday"}"#),
            reason: "completedAt"),
    ]

    private static func event(
        version: String = "1.0", id: String? = "e-1", type: String = "com.boxoffice.ride.completed",
        data: String? = #"{"userId":1,"rideId":"r","completedAt":"2026-03-01T02:00:00Z"}"#
    ) -> String {
        let members = [
            #""specversion":"\#(version)""#, id.map { #""id":"\#($0)""# }, #""source":"/shop""#, #""type":"\#(type)""#,
            data.map { #""data":\#($0)"# },
        ]
        return "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
    }

    @Test("A message that cannot be read is parked at once with its reason and origin, and the queue flows on", arguments: broken)
    func unreadable(broken: Broken) async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { host in
                    try await environment.publish(raw: broken.body, to: Exchange.events, "ride.completed", id: "m-1")
                    try await environment.publish(RideCompleted(userId: 1, rideId: "good", completedAt: environment.clock.now))
                    try await environment.eventually("select count(*) from loyalty.rides", 1)
                    let parked = try await environment.parked("loyalty-notifier")
                    #expect(parked.body == broken.body)
                    #expect(parked.delivery.properties.messageID == "m-1")
                    #expect(parked.reason.contains(broken.reason))
                    #expect(!parked.reason.isEmpty)
                    #expect(parked.attempts == 1)
                    #expect(parked.queue == "loyalty-notifier.events")
                    #expect(parked.exchange == "boxoffice.events")
                    #expect(parked.routingKey == "ride.completed")
                    #expect(RFC3339.date(from: parked.parkedAt) != nil)
                    #expect(parked.parkedBy == host.runtime.instance)
                }
            }
        }
    }

    @Test("A message that fails every time is tried five times and parked, its batch goes through, and a replay works it once it can work")
    func poison() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(Self.poisonRides)
            try await environment.database.execute(Self.poisonTrigger)
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    let rides = (1...20).map { number in
                        (
                            RideCompleted(userId: 1, rideId: number == 7 ? "poison" : "ride-\(number)", completedAt: environment.clock.now),
                            "id-\(number)"
                        )
                    }
                    try await environment.publish(rides)
                    try await environment.eventually("select count(*) from loyalty.rides", 19)
                    #expect(try await environment.value("select count(*) from loyalty.inbox", as: Int.self) == 19)
                    let parked = try await environment.hurrying("loyalty-notifier.events") { try await environment.parked("loyalty-notifier") }
                    #expect(parked.delivery.properties.messageID == "id-7")
                    #expect(parked.reason.contains("the ride is poisoned"))
                    #expect(parked.attempts == 5)
                    #expect(parked.queue == "loyalty-notifier.events")
                    #expect(parked.exchange == "boxoffice.events")
                    #expect(parked.routingKey == "ride.completed")
                    #expect(try await environment.value("select rides from loyalty.members", as: Int.self) == 19)

                    try await environment.database.execute("drop trigger poison on loyalty.rides")
                    try await environment.replay(parked)
                    try await environment.eventually("select rides from loyalty.members", 20)
                    try await environment.replay(parked)
                    try await environment.publish(RideCompleted(userId: 2, rideId: "marker", completedAt: environment.clock.now))
                    try await environment.eventually("select count(*) from loyalty.members", 2)
                    #expect(try await environment.value("select rides from loyalty.members where user_id = 1", as: Int.self) == 20)
                    #expect(try await environment.broker.get("loyalty-notifier.parked") == nil)
                }
            }
        }
    }

    private static let poisonRides: SQL = """
        create function public.poison() returns trigger language plpgsql as $$
        begin
            if new.ride_id = 'poison' then raise exception using errcode = 'XX000', message = 'the ride is poisoned'; end if;
            return new;
        end
        $$
        """
    private static let poisonTrigger: SQL = "create trigger poison before insert on loyalty.rides for each row execute function public.poison()"

    @Test("A hand-made message keeps its type through retry, parking and replay")
    func handmadePoison() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(Self.poisonRides)
            try await environment.database.execute(Self.poisonTrigger)
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    let body = #"{"userId":7,"rideId":"poison","completedAt":"2026-03-01T02:00:00Z"}"#
                    try await environment.publish(raw: body, to: Exchange.events, "ride.completed", id: "hand-1")
                    let parked = try await environment.hurrying("loyalty-notifier.events") { try await environment.parked("loyalty-notifier") }
                    #expect(parked.attempts == 5)
                    #expect(parked.routingKey == "ride.completed")
                    try await environment.database.execute("drop trigger poison on loyalty.rides")
                    try await environment.replay(parked)
                    try await environment.eventually("select count(*) from loyalty.rides where ride_id = 'poison'", 1)
                }
            }
        }
    }

    @Test("A job that fails every time ends its run as failed with the reason, and a replay of its tick works the run once it can work")
    func poisonedJob() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("insert into tickets.bytemark_tokens (user_id, token) values (1, 'token-1')")
            try await environment.database.execute("insert into tickets.cache (user_id, refreshed_at) values (1, now() - interval '2 hours')")
            try await environment.database.execute(Self.poisonJob)
            try await environment.database.execute(Self.poisonJobTrigger)
            try await StubServices.open { stubs in
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    let tick = try await environment.tick(.ticketsCacheRefreshStale)
                    let parked = try await environment.hurrying("tickets-cache.ticks") { try await environment.parked("tickets-cache") }
                    #expect(parked.attempts == 5)
                    #expect(parked.reason.contains("the refresh is poisoned"))
                    #expect(parked.queue == "tickets-cache.ticks")
                    #expect(parked.exchange == "boxoffice.ticks")
                    #expect(parked.routingKey == "tickets-cache.refresh-stale")
                    let failed = try await environment.ended(tick)
                    #expect(failed.outcome == .failed)
                    #expect(failed.details.contains("the refresh is poisoned"))

                    try await environment.database.execute("drop trigger poison on tickets.refresh_state")
                    try await environment.replay(parked)
                    try await environment.eventually("select outcome from operations.job_runs where tick_id = $1", "succeeded", [tick])
                    #expect(try await environment.value("select processed from operations.job_runs where tick_id = $1", as: Int.self, tick) == 1)
                }
            }
        }
    }

    private static let poisonJob: SQL = """
        create function public.poison() returns trigger language plpgsql as $$ begin raise exception using errcode = 'XX000', message = 'the refresh is poisoned'; end $$
        """
    private static let poisonJobTrigger: SQL = """
        create trigger poison before insert on tickets.refresh_state for each row execute function public.poison()
        """

    @Test("A tick of a job that the service does not have is parked")
    func unknownJob() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    try await environment.publish(raw: "{}", to: "", "tickets-cache.ticks", id: "by-hand")
                    let parked = try await environment.parked("tickets-cache")
                    #expect(parked.reason.contains("no job"))
                    #expect(parked.attempts == 1)
                }
            }
        }
    }
}
