import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Events

@Suite("The day of a reminder is the calendar day at the event's zone")
struct ReminderDayTests {
    /// What the clock says, and events with whether their holders are reminded then.
    struct ReminderMorning: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let now: String
        let job: JobName
        let events: [(zone: String, starts: String, isDue: Bool)]

        init(_ name: String, _ now: String, _ job: JobName, _ events: [(zone: String, starts: String, isDue: Bool)]) {
            (testDescription, self.now, self.job, self.events) = (name, now, job, events)
        }
    }

    private static let mornings = [
        ReminderMorning(
            "Tomorrow is from midnight to midnight, wherever that is", "2026-11-21T09:00:00Z", .eventsSendReminders,
            [
                ("UTC", "2026-11-21T23:59:59Z", false), ("UTC", "2026-11-22T00:00:00Z", true), ("UTC", "2026-11-22T23:59:59Z", true),
                ("UTC", "2026-11-23T00:00:00Z", false),
                // There it is 23:00 on the 21st, and tomorrow begins in an hour.
                ("Pacific/Kiritimati", "2026-11-21T09:59:59Z", false), ("Pacific/Kiritimati", "2026-11-21T10:00:00Z", true),
                ("Pacific/Kiritimati", "2026-11-21T10:30:00Z", true), ("Pacific/Kiritimati", "2026-11-22T09:59:59Z", true),
                ("Pacific/Kiritimati", "2026-11-22T10:00:00Z", false),
                // There it is 01:00 on the 21st, and tomorrow ends in 47 hours.
                ("America/Los_Angeles", "2026-11-22T07:59:59Z", false), ("America/Los_Angeles", "2026-11-22T08:30:00Z", true),
                ("America/Los_Angeles", "2026-11-23T07:59:59Z", true), ("America/Los_Angeles", "2026-11-23T08:00:00Z", false),
            ]),
        ReminderMorning(
            "A tomorrow of 25 hours", "2026-10-31T16:00:00Z", .eventsSendReminders,
            [
                ("America/Los_Angeles", "2026-11-01T06:59:59Z", false), ("America/Los_Angeles", "2026-11-01T07:30:00Z", true),
                ("America/Los_Angeles", "2026-11-02T07:59:59Z", true), ("America/Los_Angeles", "2026-11-02T08:00:00Z", false),
            ]),
        ReminderMorning(
            "A tomorrow of 23 hours", "2027-03-13T17:00:00Z", .eventsSendReminders,
            [
                ("America/Los_Angeles", "2027-03-14T07:59:59Z", false), ("America/Los_Angeles", "2027-03-14T08:30:00Z", true),
                ("America/Los_Angeles", "2027-03-15T06:59:59Z", true), ("America/Los_Angeles", "2027-03-15T07:00:00Z", false),
            ]),
        ReminderMorning(
            "In a week, with a change of clocks between", "2026-10-28T17:00:00Z", .eventsSendEarlyBirdReminders,
            [
                ("America/Los_Angeles", "2026-11-04T07:59:59Z", false), ("America/Los_Angeles", "2026-11-04T08:30:00Z", true),
                ("America/Los_Angeles", "2026-11-05T07:59:59Z", true), ("America/Los_Angeles", "2026-11-05T08:00:00Z", false),
                ("Pacific/Kiritimati", "2026-11-04T09:59:59Z", false), ("Pacific/Kiritimati", "2026-11-04T10:00:00Z", true),
                ("America/Los_Angeles", "2026-10-29T12:00:00Z", false),
            ]),
    ]

    @Test("Only who comes on that day is reminded", arguments: mornings)
    func day(_ morning: ReminderMorning) async throws {
        try await TestEnvironment.events(at: morning.now) { environment, _ in
            try await environment.user(1)
            for (id, event) in zip(1..., morning.events) {
                try await environment.event(id, starts: event.starts, zone: event.zone)
                try await environment.bookings(id...id, of: id)
            }
            let run = try await environment.run(morning.job)
            #expect(run.outcome == .succeeded)
            let reminded = try await environment.database.query("select booking_id from events.reminders order by booking_id", as: Int.self)
            #expect(reminded == zip(1..., morning.events).filter(\.1.isDue).map(\.0))
        }
    }

    /// Ticks at 09:00 of a zone on days around a change of clocks, there or at the events.
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let clock: String
        /// The days of the ticks, from that of the first.
        let ticks: [String]
        let zone: String
        /// The days of the events, each with the tick that reminds of it.
        let events: [(day: String, tick: String)]
    }

    private static let changes = [
        Change(
            testDescription: "25 hours at the clock: 23:00 on the 31st is followed by 00:00 on the 2nd", clock: "America/New_York",
            ticks: ["2026-10-30T13:00:00Z", "2026-10-31T13:00:00Z", "2026-11-01T14:00:00Z", "2026-11-02T14:00:00Z"], zone: "Australia/Brisbane",
            events: [
                ("2026-10-31", "2026-10-30T13:00:00Z"), ("2026-11-01", "2026-10-31T13:00:00Z"), ("2026-11-02", "2026-10-31T13:00:00Z"),
                ("2026-11-03", "2026-11-01T14:00:00Z"), ("2026-11-04", "2026-11-02T14:00:00Z"),
            ]),
        Change(
            testDescription: "23 hours at the events: 23:00 on the 3rd is followed by 00:00 on the 5th", clock: "America/New_York",
            ticks: ["2026-10-02T13:00:00Z", "2026-10-03T13:00:00Z", "2026-10-04T13:00:00Z", "2026-10-05T13:00:00Z"], zone: "Australia/Sydney",
            events: [
                ("2026-10-03", "2026-10-02T13:00:00Z"), ("2026-10-04", "2026-10-03T13:00:00Z"), ("2026-10-05", "2026-10-03T13:00:00Z"),
                ("2026-10-06", "2026-10-04T13:00:00Z"), ("2026-10-07", "2026-10-05T13:00:00Z"),
            ]),
        Change(
            testDescription: "25 hours at the events: two ticks on the 4th", clock: "America/New_York",
            ticks: ["2027-04-02T13:00:00Z", "2027-04-03T13:00:00Z", "2027-04-04T13:00:00Z", "2027-04-05T13:00:00Z"], zone: "Australia/Sydney",
            events: [
                ("2027-04-04", "2027-04-02T13:00:00Z"), ("2027-04-05", "2027-04-03T13:00:00Z"), ("2027-04-06", "2027-04-05T13:00:00Z"),
            ]),
        Change(
            testDescription: "23 hours at the clock, and nothing unusual at the events", clock: "America/New_York",
            ticks: ["2027-03-12T14:00:00Z", "2027-03-13T14:00:00Z", "2027-03-14T13:00:00Z", "2027-03-15T13:00:00Z"], zone: "Europe/Madrid",
            events: [
                ("2027-03-13", "2027-03-12T14:00:00Z"), ("2027-03-14", "2027-03-13T14:00:00Z"), ("2027-03-15", "2027-03-14T13:00:00Z"),
                ("2027-03-16", "2027-03-15T13:00:00Z"),
            ]),
    ]

    @Test("No day is passed over when clocks change, and nobody is reminded twice", arguments: changes)
    func noGap(_ change: Change) async throws {
        try await TestEnvironment.events(at: change.ticks[0], zone: change.clock) { environment, _ in
            try await environment.user(1)
            for (id, event) in zip(1..., change.events) {
                let evening = try await environment.value(
                    "select ($1::text || ' 20:00')::timestamp at time zone $2::text", as: Date.self, event.day, change.zone)
                try await environment.event(id, starts: RFC3339.string(from: try #require(evening)), zone: change.zone)
                try await environment.bookings(id...id, of: id)
            }
            for tick in change.ticks {
                environment.clock.set(try Date(tick))
                _ = try await environment.ended(try await environment.tick(.eventsSendReminders))
            }
            let reminded = try await environment.database.query("select reminded_at from events.reminders order by booking_id", as: Date.self)
            #expect(try reminded == change.events.map { try Date($0.tick) })
        }
    }

    @Test("An event at 00:30 local time is told with that time and its zone")
    func halfPastMidnight() async throws {
        try await TestEnvironment.events(at: "2026-10-31T16:00:00Z") { environment, stubs in
            try await environment.user(1)
            try await environment.event(1, starts: "2026-11-01T07:30:00Z", zone: "America/Los_Angeles")
            try await environment.bookings(1...1, of: 1)
            _ = try await environment.run(.eventsSendReminders)
            try await environment.eventually("select count(*) from events.deliveries where status = 'sent'", 1)
            let mail = try #require(try await stubs.mails().first)
            #expect(mail.text?.contains("Sunday, 1 November 2026, 00:30 (America/Los_Angeles)") == true)
        }
    }
}
