import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Events

@Suite("events.send-reminders and events.send-early-bird-reminders")
struct ReminderTests {
    private static let now = "2026-11-21T09:00:00Z"
    private static let tomorrow = "2026-11-22T19:00:00Z"

    @Test(
        "The mail tells everything in the reader's language, as text and as HTML",
        arguments: [
            (
                "en-us", JobName.eventsSendReminders, tomorrow, "Tomorrow: Rock & Roll <live>", "Hello Ada,", "Tickets: 3",
                "Sunday, 22 November 2026, 19:00 (UTC)"
            ),
            (
                "es-mx", .eventsSendReminders, tomorrow, "Mañana: Rock & Roll <live>", "Hola, Ada:", "Entradas: 3",
                "domingo, 22 de noviembre de 2026, 19:00 (UTC)"
            ),
            (
                "fr", .eventsSendEarlyBirdReminders, "2026-11-28T19:00:00Z", "One week to go: Rock & Roll <live>", "Hello Ada,", "Tickets: 3",
                "Saturday, 28 November 2026, 19:00 (UTC)"
            ),
            (
                "es", .eventsSendEarlyBirdReminders, "2026-11-28T19:00:00Z", "Queda una semana: Rock & Roll <live>", "Hola, Ada:", "Entradas: 3",
                "sábado, 28 de noviembre de 2026, 19:00 (UTC)"
            ),
        ])
    func mail(language: String, job: JobName, starts: String, subject: String, greeting: String, tickets: String, time: String) async throws {
        try await TestEnvironment.events(at: Self.now) { environment, stubs in
            try await environment.user(1, language: language)
            try await environment.event(1, starts: starts, title: "Rock & Roll <live>", location: "Town Hall")
            try await environment.bookings(77...77, of: 1, quantity: 3)
            _ = try await environment.run(job)
            try await environment.eventually("select count(*) from events.deliveries where status = 'sent'", 1)
            let mail = try #require(try await stubs.mails(to: "ada@example.org").first)
            #expect(mail.subject == subject)
            for fact in [greeting, "Rock & Roll <live>", time, "Town Hall", tickets, "B-77", "https://shop.example/bookings/B-77"] {
                #expect(mail.text?.contains(fact) == true, "\(fact) is not in \(mail.text ?? "")")
            }
            let html = try #require(mail.html).replacing("<bdi>", with: "").replacing("</bdi>", with: "")
            let ticketCells = tickets.split(separator: ": ").map { ">\($0)</td>" }
            for fact in [greeting, "Rock &amp; Roll &lt;live&gt;", time, "Town Hall", "B-77", #"href="https://shop.example/bookings/B-77""#]
                + ticketCells
            {
                #expect(html.contains(fact), "\(fact) is not in \(html)")
            }
        }
    }

    @Test("A mail about an event without a place, to somebody without a name, leaves both out")
    func sparse() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, stubs in
            try await environment.user(1, firstName: "")
            try await environment.event(1, starts: Self.tomorrow, location: "")
            try await environment.bookings(1...1, of: 1)
            _ = try await environment.run(.eventsSendReminders)
            try await environment.eventually("select count(*) from events.deliveries where status = 'sent'", 1)
            let text = try #require(try await stubs.mails().first?.text)
            #expect(text.hasPrefix("Hello,"))
            #expect(text.contains("(UTC)\r\n\r\nBooking: "))
        }
    }

    @Test("Everybody with a confirmed booking is reminded once a booking, and the others not at all")
    func onlyConfirmed() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, stubs in
            try await environment.user(1)
            try await environment.event(1, starts: Self.tomorrow)
            try await environment.event(2, starts: Self.tomorrow, status: "cancelled")
            try await environment.bookings(1...3, of: 1)
            try await environment.bookings(4...4, of: 1, status: "pending")
            try await environment.bookings(5...5, of: 1, status: "cancelled")
            try await environment.bookings(6...6, of: 1, status: "refunded")
            try await environment.bookings(7...7, of: 2)
            try await environment.bookings(8...8, of: 1)
            try await environment.database.execute("update bookings.bookings set reminder_sent = true where id = 8")
            let run = try await environment.run(.eventsSendReminders)
            #expect(run.processed == 3)
            try await environment.eventually("select count(*) from events.deliveries where status = 'sent'", 3)
            #expect(try await stubs.mails().compactMap(\.messageId).sorted() == (1...3).map { "<event-reminder.\($0)@boxoffice.example>" })
        }
    }

    @Test("Each reminder is told to the bookings service, by its kind")
    func told() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            try await environment.broker.declare(
                .init(
                    queues: [.init("listener", exclusive: true)],
                    bindings: [.init(queue: "listener", exchange: "boxoffice.events", routingKey: "booking.reminded")]))
            try await environment.user(1)
            try await environment.event(1, starts: Self.tomorrow)
            try await environment.event(2, starts: "2026-11-28T19:00:00Z")
            try await environment.bookings(1...1, of: 1)
            try await environment.bookings(2...2, of: 2)
            _ = try await environment.run(.eventsSendReminders)
            _ = try await environment.run(.eventsSendEarlyBirdReminders)
            var told: [String] = []
            try await environment.eventually("both are told") {
                told += try await environment.take("listener").map { String(decoding: $0.body, as: UTF8.self) }
                return told.count == 2
            }
            #expect(told.contains { $0.contains(#""bookingId":1"#) && $0.contains(#""kind":"day-before""#) })
            #expect(told.contains { $0.contains(#""bookingId":2"#) && $0.contains(#""kind":"week-before""#) })
            try await environment.broker.delete(queue: "listener")
        }
    }

    @Test("Run twice at the same instant, the second run changes nothing and sends nothing")
    func twice() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, stubs in
            try await environment.user(1)
            try await environment.event(1, starts: Self.tomorrow)
            try await environment.bookings(1...5, of: 1)
            #expect(try await environment.run(.eventsSendReminders).processed == 5)
            #expect(try await environment.run(.eventsSendReminders).processed == 0)
            try await environment.eventually("select count(*) from events.deliveries where status = 'sent'", 5)
            #expect(try await stubs.mails().count == 5)
            #expect(try await environment.breaches() == [])
        }
    }

    @Test("A dry run tells how many it would write to, changes nothing and sends nothing")
    func dryRun() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, stubs in
            try await environment.user(1)
            try await environment.event(1, starts: Self.tomorrow)
            try await environment.bookings(1...2500, of: 1)
            let run = try await environment.run(.eventsSendReminders, dryRun: true)
            #expect(run.outcome == .succeeded)
            #expect(run.processed == 2500)
            #expect(run.details.contains(#""delivered": {"mail": 2500}"#))
            #expect(run.details.contains(#""booking.reminded": 100"#))
            #expect(try await environment.value("select count(*) from events.reminders", as: Int.self) == 0)
            #expect(try await environment.value("select count(*) from events.deliveries", as: Int.self) == 0)
            #expect(try await environment.value("select count(*) from events.outbox", as: Int.self) == 0)
            #expect(try await stubs.mails().isEmpty)
        }
    }

    @Test("An event that moves to another day does not remind twice on one booking, and reminds who booked in between")
    func moved() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, stubs in
            try await environment.user(1)
            try await environment.event(1, starts: Self.tomorrow)
            try await environment.bookings(1...1, of: 1)
            _ = try await environment.run(.eventsSendReminders)
            try await environment.database.execute("update events.events set starts_at = starts_at + interval '1 day'")
            try await environment.bookings(2...2, of: 1)
            environment.clock.set(try Date("2026-11-22T09:00:00Z"))
            #expect(try await environment.run(.eventsSendReminders).processed == 1)
            try await environment.eventually("select count(*) from events.deliveries where status = 'sent'", 2)
            #expect(try await stubs.mails().compactMap(\.messageId).sorted() == (1...2).map { "<event-reminder.\($0)@boxoffice.example>" })
        }
    }

    @Test("Two replicas on one tick, told twice, send one mail a booking")
    func replicas() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, stubs in
            try await environment.with(Events.self, settings: stubs.settings) { _ in
                try await environment.user(1)
                try await environment.event(1, starts: Self.tomorrow)
                try await environment.bookings(1...50, of: 1)
                let tick = try await environment.tick(.eventsSendReminders)
                try await environment.tick(.eventsSendReminders)
                try await environment.tick(.eventsSendReminders, trigger: .manual)
                _ = try await environment.ended(tick)
                try await environment.eventually("select count(*) from operations.job_runs where outcome = 'running'", 0)
                try await environment.eventually("select count(*) from events.deliveries where status = 'sent'", 50)
                try await environment.eventually("all ticks are acked") { try await environment.broker.inspect(queue: "events.ticks")?.messages == 0 }
                #expect(try await stubs.mails().count == 50)
            }
        }
    }

    @Test("A user without address, a missing user and an unknown zone are reported on the run by their names, and the rest is done")
    func reported() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, stubs in
            try await environment.user(1)
            try await environment.user(2, email: nil)
            try await environment.user(3, email: " ")
            try await environment.event(1, starts: Self.tomorrow)
            try await environment.event(2, starts: Self.tomorrow, zone: "Mars/Base")
            try await environment.event(3, starts: Self.tomorrow, zone: "Europe/Berlin")
            try await environment.bookings(1...1, of: 1)
            try await environment.bookings(2...2, of: 1, user: 2)
            try await environment.bookings(3...3, of: 1, user: 3)
            try await environment.bookings(4...4, of: 1, user: 4)
            try await environment.bookings(5...5, of: 2)
            try await environment.bookings(6...6, of: 3)
            let run = try await environment.run(.eventsSendReminders)
            #expect(run.outcome == .partial)
            #expect(run.processed == 2)
            #expect(run.failed == 4)
            #expect(
                run.details.contains(
                    #"{"row": "event 2", "error": "its time zone: there is no time zone 'Mars/Base'; write an IANA name like Europe/Berlin or UTC"}"#)
            )
            #expect(run.details.contains(#"{"row": "booking B-2", "error": "user 2 has no e-mail address"}"#))
            #expect(run.details.contains(#"{"row": "booking B-3", "error": "user 3 has no e-mail address"}"#))
            #expect(run.details.contains(#"{"row": "booking B-4", "error": "user 4 does not exist"}"#))
            #expect(try await environment.database.query("select booking_id from events.reminders order by 1", as: Int.self) == [1, 6])

            // Once the user has an address, the same day reminds them.
            try await environment.database.execute("update storefront.users set email = 'eve@example.org' where id = 2")
            #expect(try await environment.run(.eventsSendReminders).processed == 1)
            try await environment.eventually("the third mail arrives") { try await stubs.mails(to: "eve@example.org").count == 1 }
        }
    }

    @Test(
        "What PostgreSQL takes for a zone and IANA does not is named on the run and never told as an hour",
        arguments: ["UTC+3", "IST", "europe/berlin"])
    func otherNames(zone: String) async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            try await environment.user(1)
            try await environment.event(1, starts: Self.tomorrow, zone: zone)
            try await environment.event(2, starts: Self.tomorrow, zone: "Europe/Berlin")
            try await environment.bookings(1...1, of: 1)
            try await environment.bookings(2...2, of: 2)
            let run = try await environment.run(.eventsSendReminders)
            #expect(run.outcome == .partial)
            #expect(run.details.contains("there is no time zone '\(zone)'"))
            #expect(try await environment.database.query("select booking_id from events.reminders", as: Int.self) == [2])
        }
    }

    @Test("Holders of an event that was postponed after it went live are reminded of the new day, once")
    func postponed() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, stubs in
            try await environment.user(1)
            try await environment.event(1, starts: Self.tomorrow)
            try await environment.bookings(1...3, of: 1)
            #expect(try await environment.run(.eventsSendReminders).processed == 3)
            try await environment.database.execute("update bookings.bookings set reminder_sent = true")
            try await environment.eventually("select count(*) from events.deliveries where status = 'sent'", 3)
            environment.clock.set(try Date(Self.tomorrow))
            _ = try await environment.run(.eventsUpdateStatuses)
            try await environment.database.execute("update events.events set starts_at = starts_at + interval '1 day'")
            _ = try await environment.run(.eventsUpdateStatuses)
            #expect(try await environment.run(.eventsSendReminders).processed == 3)
            #expect(try await environment.run(.eventsSendReminders).processed == 0)
            try await environment.eventually("each has two mails") { try await stubs.mails().count == 6 }
            #expect(try await environment.breaches() == [])
        }
    }

    @Test("10,000 bookings of one event are sliced, and a run whose slice is cut off goes on where it was")
    func slices() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            try await environment.user(1)
            try await environment.event(1, starts: Self.tomorrow, tickets: 10_000)
            try await environment.event(2, starts: Self.tomorrow)
            try await environment.bookings(1...10_000, of: 1)
            try await environment.bookings(10_001...10_010, of: 2)
            // The third slice meets a row that somebody holds, and loses its connection while it waits.
            let tick = try await environment.database.transaction { holder in
                try await holder.execute(
                    "insert into events.reminders (booking_id, kind, event_id, reminded_at) values (5000, 'day-before', 1, now())")
                let tick = try await environment.tick(.eventsSendReminders)
                try await environment.eventually("select processed from operations.job_runs where tick_id = $1", 4000, [tick])
                try await environment.eventually("the third slice waits, and is cut off") {
                    try await environment.database.query(
                        """
                        select pg_terminate_backend(pid) from pg_stat_activity
                        where datname = current_database() and usename = 'events' and wait_event_type = 'Lock'
                        """, as: Bool.self) == [true]
                }
                #expect(try await environment.value("select count(*) from events.reminders", as: Int.self) == 4000)
                return tick
            }
            let run = try await environment.ended(tick)
            #expect(run.outcome == .succeeded)
            // The one that the other transaction has reminded meanwhile is left to it.
            #expect(run.processed == 10_009)
            #expect(try await environment.value("select count(*) from events.reminders", as: Int.self) == 10_010)
            #expect(try await environment.value("select count(*) from events.deliveries", as: Int.self) == 10_009)
            #expect(try await environment.value("select slice from operations.job_runs where tick_id = $1", as: Int.self, tick) == 7)
        }
    }
}
