import Cron
import Foundation
import Schedules
import Testing

@testable import TickPublisher

@Suite("Tick plan")
struct TickPlanTests {
    /// Midday of a Monday; the schedules below are in UTC.
    private let noon = Date(timeIntervalSince1970: 1_780_315_200)

    private func plan(_ cron: String, _ misfire: MisfirePolicy, after decided: Double, now: Double, lead: Duration = .seconds(1)) throws -> TickPlan {
        try TickPlan(CronExpression(cron), in: .utc, misfire: misfire, after: noon + decided, now: noon + now, lead: lead)
    }

    private func minutes(_ dates: [Date]) -> [Double] { dates.map { $0.timeIntervalSince(noon) / 60 } }

    @Test("Nothing is planned before its time comes within the lead", arguments: MisfirePolicy.allCases)
    func early(policy: MisfirePolicy) throws {
        let plan = try plan("*/5 * * * *", policy, after: 0, now: 298.9)
        #expect(plan.due.isEmpty && plan.misfired.isEmpty && plan.dropped == 0 && plan.decidedThrough == nil)
    }

    @Test("Within the lead the next fire time is due, once", arguments: MisfirePolicy.allCases)
    func ahead(policy: MisfirePolicy) throws {
        let first = try plan("*/5 * * * *", policy, after: 0, now: 299)
        #expect(minutes(first.due) == [5] && first.misfired.isEmpty && first.decidedThrough == noon + 300)
        #expect(try plan("*/5 * * * *", policy, after: 300, now: 299).decidedThrough == nil)
    }

    @Test("Up to the grace a fire time is due whatever the policy, and beyond it missed", arguments: [(29.9, 1), (30, 0), (30.1, 0)])
    func grace(age: Double, due: Int) throws {
        let plan = try plan("*/5 * * * *", .none, after: 0, now: 300 + age)
        #expect(plan.due.count == due && plan.dropped == 1 - due && plan.decidedThrough == noon + 300)
    }

    @Test(
        "After an hour without a clock the policy says what is sent",
        arguments: [(MisfirePolicy.latest, [60.0], 11), (.all, [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60], 0), (.none, [], 12)])
    func downtime(policy: MisfirePolicy, misfired: [Double], dropped: Int) throws {
        let plan = try plan("*/5 * * * *", policy, after: 0, now: 3_700)
        #expect(minutes(plan.misfired) == misfired && plan.dropped == dropped)
        #expect(plan.due.isEmpty && plan.decidedThrough == noon + 3_600)
    }

    @Test(
        "The newest missed time is not sent beside a newer one that is due",
        arguments: [(MisfirePolicy.latest, 0, 12), (.all, 12, 0), (.none, 0, 12)])
    func downtimeThatEndsOnTime(policy: MisfirePolicy, misfired: Int, dropped: Int) throws {
        let plan = try plan("*/5 * * * *", policy, after: 0, now: 3_900 - 0.5)
        #expect(plan.misfired.count == misfired && plan.dropped == dropped && minutes(plan.due) == [65])
    }

    @Test("Monthly reports of half a year are all sent, oldest first")
    func longOutage() throws {
        let plan = try plan("0 8 1 * *", .all, after: 0, now: 190 * 86_400)
        #expect(plan.misfired.count == 6 && plan.misfired == plan.misfired.sorted() && plan.decidedThrough == plan.misfired.last)
    }

    @Test("A year of seconds gives the newest thousand ticks, or one, without counting for ever")
    func bounds() throws {
        let all = try plan("* * * * * *", .all, after: 0, now: 31_536_000)
        #expect(all.misfired.count == TickPlan.catchUpLimit && all.due.count == 31)
        #expect(all.dropped == TickPlan.countLimit - TickPlan.catchUpLimit && all.decidedThrough == noon + 31_536_001)
        #expect(all.misfired.last == noon + 31_536_000 - 30 && all.due.first == noon + 31_536_000 - 29)
        let latest = try plan("* * * * * *", .latest, after: 0, now: 31_536_000)
        #expect(latest.misfired.isEmpty && latest.due.count == 31)
    }

    @Test("However the clock steps, each fire time is planned exactly once", arguments: [0.25, 0.9, 7, 29])
    func tiling(step: Double) throws {
        var decided = 0.0
        var planned: [Date] = []
        for now in stride(from: 0, through: 600, by: step) {
            let plan = try plan("*/7 * * * * *", .none, after: decided, now: now)
            planned += plan.due
            #expect(plan.dropped == 0)
            if let through = plan.decidedThrough { decided = through.timeIntervalSince(noon) }
        }
        let expected = try Array(CronExpression("*/7 * * * * *").fireTimes(after: noon, through: noon + decided, in: .utc))
        #expect(planned == expected && planned.count > 80)
    }

    @Test("A clock that is set back plans nothing again")
    func clockSetBack() throws { #expect(try plan("* * * * * *", .all, after: 100, now: 40).decidedThrough == nil) }
}
