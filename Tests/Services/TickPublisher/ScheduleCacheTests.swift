import Foundation
import Schedules
import Testing

@testable import TickPublisher

@Suite("Schedule cache")
struct ScheduleCacheTests {
    private let noon = Date(timeIntervalSince1970: 1_780_315_200)

    private func row(_ job: String, _ cron: String, zone: String = "UTC", enabled: Bool = true, revision: Int = 1) -> ScheduleRow {
        ScheduleRow(job: job, service: "a", cron: cron, zone: zone, misfire: .latest, enabled: enabled, decidedThrough: noon, revision: revision)
    }

    @Test("It knows the next fire time of all, and decides what comes within the lead")
    func decides() {
        var cache = ScheduleCache()
        #expect(cache.apply([row("a.ten", "*/10 * * * *", revision: 1), row("a.five", "*/5 * * * *", revision: 2)]).isEmpty)
        #expect(cache.nextFireTime == noon + 300 && cache.revision == 2)
        #expect(cache.decisions(now: noon + 298, lead: .seconds(1)).isEmpty)
        let decisions = cache.decisions(now: noon + 299, lead: .seconds(1))
        #expect(decisions.map(\.job) == ["a.five"] && decisions.first?.plan.due == [noon + 300] && decisions.first?.decidedBefore == noon)
        #expect(cache.decisions(now: noon + 599, lead: .seconds(1)).map(\.job) == ["a.five", "a.ten"])
    }

    @Test("What is decided, here or by another replica, is not decided again")
    func moved() {
        var cache = ScheduleCache()
        _ = cache.apply([row("a.five", "*/5 * * * *")])
        cache.moved("a.five", revision: 1, decidedThrough: noon + 300)
        #expect(cache.decisions(now: noon + 300, lead: .seconds(1)).isEmpty && cache.nextFireTime == noon + 600)
        cache.moved("a.five", revision: 2, decidedThrough: noon + 900)
        #expect(cache.nextFireTime == noon + 600)
    }

    @Test("A paused schedule is no longer decided, and a resumed one is again")
    func paused() {
        var cache = ScheduleCache()
        _ = cache.apply([row("a.five", "*/5 * * * *")])
        _ = cache.apply([row("a.five", "*/5 * * * *", enabled: false, revision: 2)])
        #expect(cache.nextFireTime == nil && cache.misfire(of: "a.five") == nil)
        _ = cache.apply([row("a.five", "*/5 * * * *", revision: 3)])
        #expect(cache.nextFireTime == noon + 300 && cache.revision == 3)
    }

    @Test(
        "A schedule that cannot be read is named with the reason, and the others go on",
        arguments: [("61 * * * *", "UTC", "minute '61'"), ("@daily", "Mars/Base", "IANA"), ("0 0 30 2 *", "UTC", "never fires")])
    func problems(cron: String, zone: String, reason: String) {
        var cache = ScheduleCache()
        let problems = cache.apply([row("a.bad", cron, zone: zone, revision: 4), row("a.good", "@daily", revision: 5)])
        #expect(problems.map(\.job) == ["a.bad"] && problems.first?.revision == 4 && problems.first?.reason.contains(reason) == true)
        #expect(cache.count == 1 && cache.nextFireTime == noon + 43_200 && cache.revision == 5)
    }
}
