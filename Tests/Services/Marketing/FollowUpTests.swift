import Contracts
import Platform
import Support
import Testing

@testable import Marketing

@Suite("A follow-up comes the day after, by the event's zone, once a booking")
struct FollowUpTests {
    @Test("Events that were completed yesterday in their own zone, and confirmed bookings alone")
    func yesterday() async throws {
        try await MarketingFixture.open(at: "2026-11-26T12:00:00Z") { fixture in
            try await fixture.users(1...9)
            try await fixture.event(1, starts: "2026-11-25T18:00:00Z", status: "completed", completed: "2026-11-25T22:00:00Z")
            // 07:00 of the 26th in Tokyo, and 23:30 of the 25th in Los Angeles.
            try await fixture.event(2, starts: "2026-11-25T18:00:00Z", zone: "Asia/Tokyo", status: "completed", completed: "2026-11-25T22:00:00Z")
            try await fixture.event(
                3, starts: "2026-11-26T03:00:00Z", zone: "America/Los_Angeles", status: "archived", completed: "2026-11-26T07:30:00Z")
            try await fixture.event(4, starts: "2026-11-25T18:00:00Z", status: "cancelled", completed: "2026-11-25T22:00:00Z")
            try await fixture.event(5, starts: "2026-11-24T18:00:00Z", status: "completed", completed: "2026-11-24T22:00:00Z")
            for event in 1...5 { try await fixture.booking(event, user: event, event: event, created: "2026-11-01") }
            try await fixture.booking(6, user: 6, event: 1, created: "2026-11-01", status: "cancelled")
            try await fixture.booking(7, user: 1, event: 1, created: "2026-11-01")
            try await fixture.booking(8, user: 8, event: 1, created: "2026-11-01", followedUp: true)
            let run = try await fixture.run(.marketingSendEventFollowUps)
            #expect(run.outcome == .succeeded)
            #expect(try await fixture.log(.followUp).sorted() == ["1 1", "1 7", "3 3"])
            let again = try await fixture.run(.marketingSendEventFollowUps)
            #expect(again.processed == 0)
            #expect(try fixture.count(again, "left out: told before") == 4)
        }
    }

    @Test("An event in an unknown zone is named, and the others' attendees are told")
    func unknownZone() async throws {
        try await MarketingFixture.open(at: "2026-11-26T12:00:00Z") { fixture in
            try await fixture.users(1...2)
            try await fixture.event(1, starts: "2026-11-25T18:00:00Z", zone: "Mars/Phobos", status: "completed", completed: "2026-11-25T22:00:00Z")
            try await fixture.event(2, starts: "2026-11-25T18:00:00Z", status: "completed", completed: "2026-11-25T22:00:00Z")
            for event in 1...2 { try await fixture.booking(event, user: event, event: event, created: "2026-11-01") }
            let run = try await fixture.run(.marketingSendEventFollowUps)
            #expect(run.outcome == .partial && run.details.contains("Mars/Phobos"))
            #expect(try await fixture.reached(.followUp) == [2])
        }
    }
}
