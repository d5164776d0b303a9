import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Platform

@Suite("Mails that the server refuses")
struct MailRefusalScenarios {
    private static let settingsAdvice = "check SMTP_USER, SMTP_PASS, SMTP_FROM and SMTP_CLIENT_NAME"

    private func open(_ body: @escaping @Sendable (TestEnvironment, StubServices) async throws -> Void) async throws {
        try await StubServices.open { stubs in
            try await TestEnvironment.open(at: RFC3339.date(from: "2026-11-20T09:30:00Z")) { environment in
                try await environment.with(MailTestService.self, settings: stubs.settings, publishesAnything: true) { _ in
                    try await body(environment, stubs)
                }
            }
        }
    }

    @Test("What is refused for the sake of our settings or our quota waits, what is too large bounces with the true reason")
    func meanings() async throws {
        let cases = [
            ("rcpt", "553 5.7.1 Sender address rejected: not owned by user box", "queued: \(Self.settingsAdvice): "),
            ("rcpt", "504 5.5.2 Helo command rejected", "queued: \(Self.settingsAdvice): "),
            ("message", "550 5.4.5 Daily user sending quota exceeded", "queued: check the quota and the state of our account at the mail server: "),
            ("mail", "552 5.3.4 Message size exceeds fixed limit", "bounced: "),
            ("message", "554 5.3.0 other", "queued: "),
        ]
        try await open { environment, stubs in
            for (number, (stage, reply, outcome)) in cases.enumerated() {
                try await stubs.letGo()
                try await stubs.order("faults", #"{"part":"smtp","action":{"stage":"\#(stage)","smtpReply":"\#(reply)"}}"#)
                try await environment.publish(TicketsRefreshRequested(userId: number + 1))
                try await environment.eventually(
                    "select status || ': ' || last_error from tickets.deliveries where dedupe_key = $1 and last_error is not null",
                    "\(outcome)the mail server said: \(reply)", ["greeting/\(number + 1)"])
            }
            // The last one's reply tells nothing: ten attempts are enough. What is for now is tried for two days.
            let again: SQL = "update tickets.deliveries set attempts = 9, next_attempt_at = '2026-01-01' where dedupe_key = 'greeting/5'"
            try await environment.database.execute(again)
            try await environment.eventually("select status from tickets.deliveries where dedupe_key = 'greeting/5' and attempts = 10", "parked")
            try await stubs.letGo()
            try await stubs.order("faults", #"{"part":"smtp","action":{"smtpReply":"451 4.3.0 later"}}"#)
            try await environment.database.execute(
                "update tickets.deliveries set status = 'queued', last_error = null where dedupe_key = 'greeting/5'")
            try await environment.database.execute(again)
            try await environment.eventually(
                "select status from tickets.deliveries where dedupe_key = 'greeting/5' and attempts = 10 and last_error is not null", "queued")
        }
    }

    @Test("A channel that is refused itself pauses after a few recipients and goes on by itself when it is taken again")
    func pause() async throws {
        try await open { environment, stubs in
            try await stubs.order("faults", #"{"part":"smtp","action":{"stage":"rcpt","smtpReply":"554 5.7.1 Relay access denied"}}"#)
            for user in 1...12 { try await environment.publish(TicketsRefreshRequested(userId: user)) }
            try await environment.eventually("the channel pauses") {
                try await environment.value("select count(*) from tickets.deliveries where last_error is not null", as: Int.self) ?? 0 >= 5
            }
            // Not even the next ones are tried.
            for user in 13...24 { try await environment.publish(TicketsRefreshRequested(userId: user)) }
            try await environment.eventually("select count(*) from tickets.deliveries", 24)
            try await stubs.letGo()
            environment.clock.advance(61)
            try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent'", 24)
            // Five, and those that were on their way with the fifth.
            #expect(try await environment.value("select sum(attempts)::bigint from tickets.deliveries", as: Int.self) ?? 0 <= 24 + 8)
            #expect(try await stubs.mails().count == 24)
        }
    }
}
