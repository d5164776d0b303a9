import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Runs of processes that died")
    struct RunFaults {
        @Test("A tick without an id whose process is killed while the gateway hangs: its redelivery ends the run, and the job is not blocked")
        func withoutID() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let order = try await environment.shop.orders(
                    1, of: try await environment.shop.event(startsAt: environment.clock.now + 86_400 * 30), at: environment.clock.now - 1300,
                    submitted: environment.clock.now - 1200)[0]
                try await fixture.stubs.transactions([.init(order.reference, "success", amount: 1998, currency: "EUR")])
                try await fixture.stubs.hold("gateway")
                let payments = try await fixture.startReady("payments")
                try await environment.publish(raw: "{}", to: Exchange.ticks, "payments.handle-timeouts")
                try await environment.eventually("the gateway is asked") { try await !fixture.stubs.received("gateway").isEmpty }
                try await payments.kill()
                try await fixture.stubs.letGo()
                // The payment is held by the dead process for its own lease.
                try await environment.database.execute("update payments.payments set ask_at = now()")
                _ = try fixture.start("payments")
                try await environment.eventually("select string_agg(outcome, ' ') from operations.job_runs", "succeeded")
                try await environment.eventually("select status from payments.payments", "succeeded")
                #expect(try await environment.ended(try await environment.tick(.paymentsHandleTimeouts)).outcome == .succeeded)
            }
        }

        @Test("A run whose message is lost with its process is ended by the ledger, though nothing triggers the job again")
        func messageLost() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                try await fixture.wantRefreshes(3)
                try await fixture.stubs.hold("bytemark")
                let first = try await fixture.startReady("tickets-cache", ["RUN_LEASE": "2"])
                let tick = try await environment.tick(.ticketsCacheRefresh)
                try await environment.eventually("Bytemark is asked") { try await !fixture.stubs.received("bytemark").isEmpty }
                // As long as it lives it keeps its lease, however long it waits.
                let touched = try #require(try await environment.value("select touched_at from operations.job_runs", as: Date.self))
                try await environment.eventually("select touched_at > $1 + interval '5 seconds' from operations.job_runs", true, [touched])
                #expect(!first.output.contains("An abandoned run is resumed"))
                try await first.kill()
                try await environment.eventually("the tick is back in its queue") { try await !environment.take("tickets-cache.ticks").isEmpty }
                try await fixture.stubs.letGo()
                try await environment.database.execute("update tickets.refresh_state set next_attempt_at = now() where leased_by is not null")
                let second = try fixture.start("tickets-cache", ["RUN_LEASE": "2"])
                #expect(try await environment.ended(tick).outcome == .succeeded)
                #expect(try await environment.value("select count(*) from tickets.cache", as: Int.self) == 3)
                #expect(second.output.contains("An abandoned run is resumed"))
            }
        }
    }
}
