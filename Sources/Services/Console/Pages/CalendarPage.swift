import FoundationEssentials
import Platform

/// The fire times of the next 48 hours.
enum CalendarPage {
    private static let span: TimeInterval = 48 * 3600
    /// A schedule that fires more often is told once.
    private static let most = 12

    @Sendable static func show(_ request: ConsoleRequest, _ page: Page) async throws -> WebResponse {
        var once: [(at: Date, job: String)] = []
        var often: [[String: Template.Value]] = []
        for schedule in try await ScheduleRow.all(request.runtime.database) where schedule.isFollowed {
            var times: [Date] = []
            while let time = schedule.next(after: times.last ?? page.now), time < page.now + span, times.count <= most { times.append(time) }
            if times.count > most {
                often.append([
                    "job": .text(schedule.job), "when": .text(ScheduleWords(page: page).text(schedule.effectiveCron)),
                    "zone": .text(schedule.effectiveZone),
                ])
            } else {
                once += times.map { ($0, schedule.job) }
            }
        }
        let times = once.sorted { ($0.at, $0.job) < ($1.at, $1.job) }
        return try page.response(
            "calendar",
            [
                "often": .list(often), "hasOften": .text(often.isEmpty ? "" : "yes"), "hasTimes": .text(times.isEmpty ? "" : "yes"),
                "times": .list(
                    times.map {
                        page.time("at", $0.at).merging(["job": .text($0.job), "in": .text(page.duration($0.at.timeIntervalSince(page.now)))]) { $1 }
                    }),
            ])
    }
}
