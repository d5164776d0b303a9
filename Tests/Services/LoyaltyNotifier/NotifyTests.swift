import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import LoyaltyNotifier

@Suite("loyalty-notifier.notify tells of rewards")
struct NotifyTests {
    @Test("One push a user for all pending activity 2 rows, marked processed once the push service has accepted it")
    func onePushAUser() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(
                "insert into tickets.refresh_log (user_id, activity_type) values (1, 2), (1, 2), (2, 2), (3, 1)")
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    let run = try await environment.ended(try await environment.tick(.loyaltyNotifierNotify))
                    #expect(run.outcome == .succeeded)
                    #expect(run.processed == 2)
                    try await environment.eventually("select count(*) from tickets.refresh_log where activity_type = 2 and status = 1", 3)
                    let again = try await environment.ended(try await environment.tick(.loyaltyNotifierNotify, trigger: .manual))
                    #expect(again.processed == 0)
                    let pushes = try await stubs.pushes().sorted { $0.userIds[0] < $1.userIds[0] }
                    #expect(pushes.map(\.userIds) == [[1], [2]])
                    #expect(pushes.map(\.title) == ["You've earned 10 free METRO tickets!", "You've earned 5 free METRO tickets!"])
                    #expect(try await environment.value("select status from tickets.refresh_log where activity_type = 1", as: Int.self) == 0)
                }
            }
        }
    }

    @Test("A push service that fails is asked again with the same key, and the row stays pending until it accepts")
    func pushFails() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 2)")
            try await StubServices.open { stubs in
                try await stubs.order("faults", #"{"part":"push","times":1,"action":{"cut":"after-effect"}}"#)
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    _ = try await environment.ended(try await environment.tick(.loyaltyNotifierNotify))
                    try await environment.eventually("select attempts from loyalty.deliveries where last_error is not null", 1)
                    #expect(try await environment.value("select status from tickets.refresh_log", as: Int.self) == 0)
                    try await environment.endLeases(in: "loyalty")
                    try await environment.eventually("select status from tickets.refresh_log", 1)
                    #expect(try await stubs.pushes().count == 1)
                    #expect(try await stubs.received("push").count == 2)
                }
            }
        }
    }

    @Test("A key or an address that is not taken ends no notification, and what was given up meanwhile is resumed")
    func refusals() async throws {
        let waiting = [301, 401, 403, 404, 409, 418, 503]
        let over = [400, 410, 413, 422]
        try await TestEnvironment.open { environment in
            try await environment.database.execute(
                "insert into tickets.refresh_log (user_id, activity_type) select unnest($1::bigint[]), 2", waiting + over)
            try await StubServices.open { stubs in
                for status in waiting + over {
                    try await stubs.order("faults", #"{"part":"push","match":{"userId":\#(status)},"action":{"status":\#(status)}}"#)
                }
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    _ = try await environment.ended(try await environment.tick(.loyaltyNotifierNotify))
                    try await environment.eventually(
                        "select count(*) from loyalty.deliveries where last_error is not null", waiting.count + over.count)
                    #expect(
                        try await environment.value("select count(*) from loyalty.deliveries where status = 'bounced'", as: Int.self) == over.count)
                    #expect(
                        try await environment.value(
                            "select count(*) from loyalty.deliveries where last_error like 'check PUSH_KEY and PUSH_URL: the push service answered 4%'",
                            as: Int.self) == 3)
                    try await stubs.letGo()
                    try await environment.database.execute(
                        """
                        update loyalty.deliveries set status = 'parked', attempts = 10, next_attempt_at = now() + interval '1 day'
                        where status = 'queued'
                        """)
                    let again = try await environment.ended(try await environment.tick(.loyaltyNotifierNotify, trigger: .manual))
                    #expect(again.processed == waiting.count)
                    try await environment.eventually("select count(*) from tickets.refresh_log where status = 1", waiting.count)
                    #expect(try await stubs.pushes().flatMap(\.userIds).sorted() == waiting)
                    #expect(
                        try await environment.value("select count(*) from loyalty.deliveries where status = 'bounced'", as: Int.self) == over.count)
                }
            }
        }
    }

    @Test("A dry run says whom it would tell and tells nobody")
    func dryRun() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 2), (2, 2)")
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    let run = try await environment.ended(try await environment.tick(.loyaltyNotifierNotify, trigger: .manual, dryRun: true))
                    #expect(run.outcome == .succeeded)
                    #expect(run.processed == 2)
                    #expect(run.details.contains(#""delivered": {"push": 2}"#))
                    #expect(try await environment.value("select count(*) from loyalty.deliveries", as: Int.self) == 0)
                    #expect(try await environment.value("select count(*) from loyalty.notifications", as: Int.self) == 0)
                    #expect(try await stubs.received("push").isEmpty)
                }
            }
        }
    }
}
