import Contracts
import Testing

@Suite("Job names")
struct JobNameTests {
    @Test("Every name has the form that ticks must have, and is there once")
    func names() {
        for job in JobName.all { #expect(JobName.isWellFormed(job.rawValue), "\(job)") }
        #expect(Set(JobName.all).count == JobName.all.count)
    }

    @Test("The service is what stands before the dot")
    func service() {
        #expect(JobName.ticketsCacheRefreshStale.service == "tickets-cache")
        #expect(
            Set(JobName.all.map(\.service))
                == ["tickets-cache", "loyalty-notifier", "payments", "bookings", "events", "marketing", "maintenance", "analytics"])
    }
}
