import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import LoyaltyNotifier

@Suite("loyalty-notifier.notify tells of rewards")
struct NotifyTests {
    @Test("One push a user for all pending activity 2 rows, marked processed once the push service has accepted it")
    func onePushAUser() async throws {
        try await TestHouse.open { house in
            try await house.database.execute(
                "insert into tickets.refresh_log (user_id, activity_type) values (1, 2), (1, 2), (2, 2), (3, 1)")
            try await Outside.open { outside in
                try await house.with(LoyaltyNotifier.self, settings: outside.settings) { _ in
                    let run = try await house.ended(try await house.tick(.loyaltyNotifierNotify))
                    #expect(run.outcome == "succeeded")
                    #expect(run.processed == 2)
                    try await house.eventually("select count(*) from tickets.refresh_log where activity_type = 2 and status = 1", 3)
                    let again = try await house.ended(try await house.tick(.loyaltyNotifierNotify, trigger: .manual))
                    #expect(again.processed == 0)
                    let pushes = try await outside.pushes().sorted { $0.userIds[0] < $1.userIds[0] }
                    #expect(pushes.map(\.userIds) == [[1], [2]])
                    #expect(pushes.map(\.title) == ["You've earned 10 free METRO tickets!", "You've earned 5 free METRO tickets!"])
                    #expect(try await house.value("select status from tickets.refresh_log where activity_type = 1", as: Int.self) == 0)
                }
            }
        }
    }

    @Test("A push service that fails is asked again with the same key, and the row stays pending until it accepts")
    func pushFails() async throws {
        try await TestHouse.open { house in
            try await house.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 2)")
            try await Outside.open { outside in
                try await outside.order("faults", #"{"part":"push","times":1,"action":{"cut":"after-effect"}}"#)
                try await house.with(LoyaltyNotifier.self, settings: outside.settings) { _ in
                    _ = try await house.ended(try await house.tick(.loyaltyNotifierNotify))
                    try await house.eventually("select attempts from loyalty.deliveries where last_error is not null", 1)
                    #expect(try await house.value("select status from tickets.refresh_log", as: Int.self) == 0)
                    try await house.endLeases(in: "loyalty")
                    try await house.eventually("select status from tickets.refresh_log", 1)
                    #expect(try await outside.pushes().count == 1)
                    #expect(try await outside.received("push").count == 2)
                }
            }
        }
    }

    @Test("A key or an address that is not taken ends no notification, and what was given up meanwhile is taken up again")
    func refusals() async throws {
        let waiting = [301, 401, 403, 404, 409, 418, 503]
        let over = [400, 410, 413, 422]
        try await TestHouse.open { house in
            try await house.database.execute(
                "insert into tickets.refresh_log (user_id, activity_type) select unnest($1::bigint[]), 2", waiting + over)
            try await Outside.open { outside in
                for status in waiting + over {
                    try await outside.order("faults", #"{"part":"push","match":{"userId":\#(status)},"action":{"status":\#(status)}}"#)
                }
                try await house.with(LoyaltyNotifier.self, settings: outside.settings) { _ in
                    _ = try await house.ended(try await house.tick(.loyaltyNotifierNotify))
                    try await house.eventually(
                        "select count(*) from loyalty.deliveries where last_error is not null", waiting.count + over.count)
                    #expect(try await house.value("select count(*) from loyalty.deliveries where status = 'bounced'", as: Int.self) == over.count)
                    #expect(
                        try await house.value(
                            "select count(*) from loyalty.deliveries where last_error like 'check PUSH_KEY and PUSH_URL: the push service answered 4%'",
                            as: Int.self) == 3)
                    try await outside.letGo()
                    try await house.database.execute(
                        """
                        update loyalty.deliveries set status = 'parked', attempts = 10, next_attempt_at = now() + interval '1 day'
                        where status = 'queued'
                        """)
                    let again = try await house.ended(try await house.tick(.loyaltyNotifierNotify, trigger: .manual))
                    #expect(again.processed == waiting.count)
                    try await house.eventually("select count(*) from tickets.refresh_log where status = 1", waiting.count)
                    #expect(try await outside.pushes().flatMap(\.userIds).sorted() == waiting)
                    #expect(try await house.value("select count(*) from loyalty.deliveries where status = 'bounced'", as: Int.self) == over.count)
                }
            }
        }
    }

    @Test("A dry run says whom it would tell and tells nobody")
    func dryRun() async throws {
        try await TestHouse.open { house in
            try await house.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 2), (2, 2)")
            try await Outside.open { outside in
                try await house.with(LoyaltyNotifier.self, settings: outside.settings) { _ in
                    let run = try await house.ended(try await house.tick(.loyaltyNotifierNotify, trigger: .manual, dryRun: true))
                    #expect(run.outcome == "succeeded")
                    #expect(run.processed == 2)
                    #expect(run.details.contains(#""delivered": {"push": 2}"#))
                    #expect(try await house.value("select count(*) from loyalty.deliveries", as: Int.self) == 0)
                    #expect(try await house.value("select count(*) from loyalty.notifications", as: Int.self) == 0)
                    #expect(try await outside.received("push").isEmpty)
                }
            }
        }
    }
}
